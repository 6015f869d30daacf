// A migration's report as one HTML page that needs nothing else: styles and the chart stand in it,
// no script, nothing is loaded. Reads on a phone, in the dark, and on paper.
#pragma once

#include <string>
#include <string_view>

#include "report/report.h"

namespace sluice {

std::string render_html(const MigrationReport& report);

// Safe as text and in a quoted attribute.
std::string escape_html(std::string_view text);

// Rows per second over time as an inline SVG; "" for fewer than two samples.
std::string rate_chart(const std::vector<RateSample>& rates);

}  // namespace sluice
