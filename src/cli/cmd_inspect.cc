#include "cli/commands.h"
#include "report/json.h"
#include "report/text.h"

namespace sluice {

Result<int> run_inspect(Session& session, const InspectArguments& arguments) {
  InventoryReport report;
  report.location = without_password(arguments.location);
  TRY_ASSIGN(report.inventory, session.sluice().inspect(arguments.location, arguments.selection));
  if (session.options().json) {
    TRY(session.output().write(render_json(report)));
  } else {
    TRY(session.print(render_text(report, session.style())));
  }
  return 0;
}

}  // namespace sluice
