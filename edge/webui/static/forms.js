// Components of forms that need script: error summaries that take the focus,
// buttons that ignore a second click, passwords that can be shown.
import { initAll } from "@asset/nhsuk-frontend.min.js";
document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();
