#include "cli/commands.h"
#include "report/connect_report.h"

namespace sluice {

Result<int> run_connect(Session& session, const ConnectOptions& options) {
  TRY_ASSIGN(const ConnectReport report, session.sluice().connect(options));
  session.end_progress();
  TRY(session.options().json ? session.output().write(render_json(report))
                             : session.print(render_text(report, session.style())));
  return 0;
}

}  // namespace sluice
