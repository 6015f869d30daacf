#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "report/text_table.h"

namespace sluice {

Result<int> run_export(Session& session, const ExportOptions& options) {
  TRY_ASSIGN(const std::vector<ExportedFile> files, session.sluice().export_tables(options));
  session.end_progress();
  if (session.options().json) {
    Json json = {{"state", options.dry_run ? "dry_run" : "done"}, {"files", Json::array()}};
    for (const ExportedFile& file : files) {
      json["files"].push_back({{"table", file.table},
                               {"path", file.path},
                               {"rows", file.rows},
                               {"bytes", file.bytes},
                               {"digest", file.digest.empty() ? Json(nullptr) : Json(file.digest)},
                               {"verified", file.verified}});
    }
    json["error"] = nullptr;
    TRY(session.print_json(json));
    return 0;
  }
  std::string out;
  if (options.dry_run) {
    for (const ExportedFile& file : files) {
      out += fmt::format("would export {} -> {} ({} rows)\n", file.table, file.path,
                         format_count(file.rows));
    }
    TRY(session.print(out));
    return 0;
  }
  TextTable table(
      {{"Table"}, {"Rows", Align::kRight}, {"Size", Align::kRight}, {"Verified"}, {"File"}});
  for (const ExportedFile& file : files) {
    table.add({file.table, format_count(file.rows), format_bytes(file.bytes),
               file.verified ? "yes" : "rows counted", file.path});
  }
  TRY(session.print_unless_quiet(files.empty() ? "no tables\n" : table.render(session.style())));
  return 0;
}

}  // namespace sluice
