#!/bin/sh
# Fetches the vendored files anew. Versions are pinned here and nowhere else.
# The NHS typeface may not be shipped in open-source software and the NHS logo
# may be used by NHS organisations only: the two @font-face rules and the
# family name are removed from the style sheet, and no logo file is taken.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for p in nhsuk-frontend@10.6.1 htmx.org@4.0.1 @fontsource/inter@5.3.0; do
	npm pack --silent "$p" >/dev/null
done
for t in *.tgz; do mkdir "${t%.tgz}" && tar -xzf "$t" -C "${t%.tgz}" --strip-components 1; done

dist=$(echo nhsuk-frontend-*/dist/nhsuk)
sed -E -e 's/@font-face\{[^}]*\}//g' -e 's/Frutiger W01,arial,sans-serif/inherit/g' \
	-e 's/\/\*# sourceMappingURL[^*]*\*\///' "$dist/nhsuk-frontend.min.css" >"$here/nhsuk-frontend.min.css"
sed -e 's/\/\/# sourceMappingURL.*//' "$dist/nhsuk-frontend.min.js" >"$here/nhsuk-frontend.min.js"
for i in arrow-down arrow-up arrow-up-down cross; do
	cp "$dist/assets/images/nhsuk-icon-$i.svg" "$here/"
done
cp htmx.org-*/dist/htmx.min.js "$here/"
for w in 400 600 700; do
	cp fontsource-inter-*/files/inter-latin-$w-normal.woff2 "$here/"
done
if grep -qi -e frutiger -e assets.nhs.uk "$here"/*.css "$here"/*.js; then
	echo "the NHS typeface is still named" >&2
	exit 1
fi
