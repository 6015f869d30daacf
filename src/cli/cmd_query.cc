#include "cli/commands.h"
#include "cli/row_printer.h"

namespace sluice {

Result<int> run_query(Session& session, const QueryArguments& arguments) {
  const std::string format = session.options().json ? "json" : arguments.format;
  const auto printer = make_row_printer(format, session.output());
  QueryOptions options = arguments.options;
  options.nested_as_json = format == "json";
  bool begun = false;
  TRY(session.sluice().query(
      options,
      [&](const std::vector<QueryColumn>& columns, const Cells& cells) -> Status {
        if (!begun) TRY(printer->begin(columns));
        begun = true;
        if (cells.empty()) return {};  // a result without rows
        return printer->row(cells);
      },
      [&](const std::string& note) { session.note(note + "\n"); }));
  session.end_progress();
  TRY(printer->end());
  return 0;
}

}  // namespace sluice
