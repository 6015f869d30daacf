#include <fmt/format.h>

#include "base/file.h"
#include "cli/commands.h"
#include "report/html.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/text.h"

namespace sluice {
namespace {

std::string rendered(const MigrationReport& report, const std::string& format,
                     const TextStyle& style) {
  if (format == "json") return render_json(report);
  if (format == "md") return render_markdown(report);
  if (format == "html") return render_html(report);
  return render_text(report, style);
}

}  // namespace

Result<int> run_report(Session& session, const ReportArguments& arguments) {
  TRY_ASSIGN(const MigrationReport report, session.sluice().report(arguments.run));
  const bool json = session.options().json;
  if (arguments.out.empty()) {
    TRY(session.print(rendered(report, json ? "json" : arguments.format, session.style())));
    return 0;
  }
  TRY(write_file_atomically(arguments.out, rendered(report, arguments.format, {})));
  if (json) {
    TRY(session.print_json(
        {{"run", report.run}, {"format", arguments.format}, {"out", arguments.out.string()}}));
  } else {
    session.note(fmt::format("report written to {}\n", arguments.out.string()));
  }
  return 0;
}

}  // namespace sluice
