// Reports as Markdown (CommonMark with tables), for tickets and merge requests.
#pragma once

#include <string>
#include <string_view>

#include "report/report.h"

namespace sluice {

std::string render_markdown(const MigrationReport& report);

// The text as it stands, in a table's cell too: what Markdown or HTML would read is escaped.
std::string escape_markdown(std::string_view text);

}  // namespace sluice
