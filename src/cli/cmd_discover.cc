#include "base/secret.h"
#include "base/text.h"
#include "cli/commands.h"
#include "report/text_table.h"

namespace sluice {

Result<int> run_discover(Session& session, const DiscoverOptions& options) {
  TRY_ASSIGN(const std::vector<DiscoveredLocation> found, session.sluice().discover(options));
  if (session.options().json) {
    Json json = {{"locations", Json::array()}};
    for (const DiscoveredLocation& one : found) {
      json["locations"].push_back(
          {{"location", one.location},
           {"kind", one.kind},
           {"bytes", one.bytes},
           {"tables", one.tables ? Json(*one.tables) : Json(nullptr)},
           {"problem", one.problem.empty() ? Json(nullptr) : Json(redact(one.problem))}});
    }
    TRY(session.print_json(json));
    return 0;
  }
  TextTable table({{"Location"}, {"Tables", Align::kRight}, {"Size", Align::kRight}, {"Problem"}});
  for (const DiscoveredLocation& one : found) {
    table.add({one.location, one.tables ? format_count(*one.tables) : "", format_bytes(one.bytes),
               redact(one.problem)});
  }
  TRY(session.print(found.empty() ? "nothing found\n" : table.render(session.style())));
  return 0;
}

}  // namespace sluice
