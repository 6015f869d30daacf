#include "report/evolve_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/json_parts.h"

namespace sluice {
namespace {

Json to_json(const EvolveScript& script) {
  return {{"version", script.version},
          {"name", script.name},
          {"direction", text_or_null(script.direction)},
          {"state", script.state},
          {"checksum", text_or_null(script.checksum)},
          {"applied_at", text_or_null(script.applied_at)},
          {"statements", script.statements},
          {"resumed_at", script.resumed_at},
          {"seconds", rounded(script.seconds)}};
}

Json version_or_null(std::int64_t version) { return version == 0 ? Json(nullptr) : Json(version); }

std::string version_text(std::int64_t version) {
  return version == 0 ? "none" : std::to_string(version);
}

Tone tone_of(const std::string& state) {
  if (state == "current" || state == "same") return Tone::kGood;
  return state == "pending" ? Tone::kStrong : Tone::kBad;
}

Tone tone_of_script(const std::string& state) {
  if (state == "applied" || state == "reverted") return Tone::kGood;
  if (state == "baseline") return Tone::kQuiet;
  return state == "pending" ? Tone::kStrong : Tone::kBad;
}

std::string scripts_table(const EvolveReport& report, const TextStyle& style) {
  if (report.scripts.empty()) return "";
  TextTable table({{"Version", Align::kRight},
                   {"Name", Align::kLeft, true},
                   {"State"},
                   {"Statements", Align::kRight},
                   {"Applied at"}});
  for (const EvolveScript& script : report.scripts) {
    std::string statements =
        script.statements == 0 ? "" : format_count(static_cast<std::uint64_t>(script.statements));
    if (script.resumed_at > 0) statements += fmt::format(" (from {})", script.resumed_at + 1);
    table.add({std::to_string(script.version), script.name,
               TextTable::Cell(script.state, tone_of_script(script.state)), statements,
               script.applied_at});
  }
  return table.render(style);
}

std::string error_text(const Error& error) {
  std::string out = printable(error.message) + "\n";
  if (!error.hint.empty()) out += "  " + printable(error.hint) + "\n";
  return out;
}

}  // namespace

std::string render_text(const EvolveReport& report, const TextStyle& style) {
  std::string out = scripts_table(report, style);
  for (const EvolveFinding& finding : report.findings) {
    out +=
        fmt::format("{} {}\n", toned(finding.kind, Tone::kBad, style), printable(finding.message));
  }
  if (!report.set_aside.empty()) {
    out += fmt::format("the table that another program kept is {} now\n", report.set_aside);
  }
  if (!report.backup.empty()) {
    out += fmt::format(
        "before it: archive {}; `sluice backup restore {} LOCATION --force` goes "
        "back\n",
        report.backup, report.backup);
  }
  if (report.error) out += error_text(*report.error);
  const bool moved = report.version != report.version_before;
  const std::string versions =
      moved ? fmt::format("version {} -> {}", version_text(report.version_before),
                          version_text(report.version))
            : fmt::format("version {}", version_text(report.version));
  return out + fmt::format("{}  {}, newest script {}, {}\n",
                           toned(report.state, tone_of(report.state), style), versions,
                           version_text(report.newest_script), printable(report.location));
}

std::string render_text(const EvolveNewReport& report, const TextStyle&) {
  std::string out;
  for (const std::string& file : report.files) out += printable(file) + "\n";
  return out;
}

std::string render_json(const EvolveReport& report) {
  Json scripts = Json::array();
  for (const EvolveScript& script : report.scripts) scripts.push_back(to_json(script));
  Json findings = Json::array();
  for (const EvolveFinding& finding : report.findings) {
    findings.push_back({{"kind", finding.kind},
                        {"version", version_or_null(finding.version)},
                        {"message", finding.message}});
  }
  return document({{"action", report.action},
                   {"state", report.state},
                   {"location", report.location},
                   {"dir", report.folder},
                   {"version_before", version_or_null(report.version_before)},
                   {"version", version_or_null(report.version)},
                   {"newest_script", version_or_null(report.newest_script)},
                   {"dry_run", report.dry_run},
                   {"scripts", std::move(scripts)},
                   {"findings", std::move(findings)},
                   {"backup", text_or_null(report.backup)},
                   {"set_aside", text_or_null(report.set_aside)},
                   {"seconds", rounded(report.seconds)},
                   {"error", report.error ? error_fields(*report.error) : Json(nullptr)}});
}

std::string render_json(const EvolveNewReport& report) {
  return document({{"files", report.files}, {"error", nullptr}});
}

}  // namespace sluice
