#include "cli/commands.h"
#include "cli/print_report.h"
#include "report/connect_report.h"

namespace sluice {

Result<int> run_connect(Session& session, const ConnectOptions& options) {
  TRY_ASSIGN(const ConnectReport report, session.sluice().connect(options));
  TRY(print_report(session, report));
  return 0;
}

}  // namespace sluice
