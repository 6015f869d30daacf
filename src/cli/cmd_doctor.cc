#include "base/secret.h"
#include "cli/commands.h"
#include "report/text_table.h"

namespace sluice {

Result<int> run_doctor(Session& session, const DoctorOptions& options) {
  TRY_ASSIGN(const std::vector<DoctorCheck> checks, session.sluice().doctor(options));
  bool sound = true;
  Json json = {{"sound", true}, {"checks", Json::array()}};
  TextTable table({{"Check"}, {"State"}, {"Detail"}});
  for (const DoctorCheck& check : checks) {
    sound = sound && check.sound;
    json["checks"].push_back(
        {{"name", check.name}, {"sound", check.sound}, {"detail", redact(check.detail)}});
    table.add({check.name,
               {check.sound ? "sound" : "broken", check.sound ? Tone::kGood : Tone::kBad},
               redact(check.detail)});
  }
  json["sound"] = sound;
  if (session.options().json) {
    TRY(session.print_json(json));
  } else {
    TRY(session.print(table.render(session.style())));
  }
  return sound ? 0 : exit_code(ErrorKind::kNotFound);
}

}  // namespace sluice
