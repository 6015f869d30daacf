// Private to report/: the styles of an HTML page.
#pragma once

#include <string_view>

namespace sluice {

inline constexpr std::string_view kHtmlStyle = R"css(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#1b2430;--quiet:#5d6b7c;
--edge:#dde2e9;--good:#14733c;--good-back:#dff3e6;--bad:#a9231b;--bad-back:#fbe4e2;
--live:#1d4f91;--live-back:#e0ebfa;--line:#2465b8}
@media (prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b212a;--text:#e4e9f0;
--quiet:#9aa7b8;--edge:#2d3644;--good:#6fd39a;--good-back:#16382577;--bad:#ff9a90;
--bad-back:#4a1f1c;--live:#8fbdf7;--live-back:#1b3355;--line:#6ea8f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 48px}
h1{font-size:1.5rem;margin:0 0 4px;display:flex;flex-wrap:wrap;gap:12px;align-items:center}
h2{font-size:1.05rem;margin:0 0 12px}
p{margin:4px 0}
code{font:13px/1.4 ui-monospace,"SF Mono",Menlo,"Liberation Mono",monospace;
overflow-wrap:anywhere}
.quiet{color:var(--quiet)}
.badge{font-size:.85rem;font-weight:600;padding:2px 12px;border-radius:99px;
background:var(--live-back);color:var(--live);white-space:nowrap}
.badge.good{background:var(--good-back);color:var(--good)}
.badge.bad{background:var(--bad-back);color:var(--bad)}
.route{display:flex;flex-wrap:wrap;gap:4px 10px;margin:10px 0 20px}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;
margin-bottom:20px}
.number,section,.error{background:var(--card);border:1px solid var(--edge);border-radius:10px}
.number{padding:12px 16px}
.number b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}
.number span{color:var(--quiet);font-size:.85rem}
section,.error{padding:18px 20px;margin-bottom:20px}
.error{border-color:var(--bad);border-left-width:5px}
.error b{color:var(--bad)}
table{width:100%;border-collapse:collapse}
th,td{text-align:left;padding:7px 12px 7px 0;border-bottom:1px solid var(--edge);
vertical-align:top;overflow-wrap:anywhere}
th{font-size:.82rem;font-weight:600;color:var(--quiet);white-space:nowrap}
tr:last-child td{border-bottom:0}
.right{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}
td.good,td.bad{font-weight:600;white-space:nowrap}
ul{margin:0;padding-left:20px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}
dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
.chart{width:100%;height:auto;display:block}
.chart text{fill:var(--quiet);font-size:11px}
.chart .grid{stroke:var(--edge)}
.chart .line{fill:none;stroke:var(--line);stroke-width:2;stroke-linejoin:round}
.chart .area{fill:var(--line);opacity:.14}
footer{color:var(--quiet);font-size:.85rem}
@media (max-width:640px){main{padding:18px 12px}
.tables thead{display:none}
.tables tr{display:block;padding:10px 0;border-bottom:1px solid var(--edge)}
.tables tr:last-child{border-bottom:0}
.tables td{display:flex;justify-content:space-between;gap:16px;border:0;padding:2px 0;
text-align:right}
.tables td::before{content:attr(data-name);flex:none;color:var(--quiet);font-weight:400}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}
@media print{body{background:#fff}section,.number{break-inside:avoid}}
)css";

}  // namespace sluice
