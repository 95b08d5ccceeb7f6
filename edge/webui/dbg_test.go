package webui_test
import ("testing";"github.com/chromedp/chromedp";"github.com/chromedp/cdproto/network";"github.com/chromedp/cdproto/emulation")
func TestDbg(t *testing.T){ s:=newStage(t); s.tell(); ctx:=chromium(t); b:=s.as("registrar"); var out string
 for _, p := range []string{"/help","/p/"+s.people["adaeze"]+"/results"} {
 s.must(chromedp.Run(ctx, network.SetCookies(b.cookies()), emulation.SetDeviceMetricsOverride(320,640,1,false), chromedp.Navigate(s.server.URL+p), chromedp.Evaluate(`[...document.querySelectorAll("*")].filter(e=>e.getBoundingClientRect().right>321 && !e.closest(".c-scroll")).map(e=>e.tagName+"."+e.className+" "+e.getBoundingClientRect().right).join("\n")`,&out)))
 t.Log(p, out)}
}
