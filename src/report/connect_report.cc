#include "report/connect_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/json_parts.h"

namespace sluice {

std::string render_text(const ConnectReport& report, const TextStyle& style) {
  std::string out;
  for (const ConnectSetting& setting : report.settings) {
    out += toned(setting.name, Tone::kStrong, style) + "\n";
    for (const std::string& line : split(setting.value, '\n')) {
      out += line.empty() ? "\n" : "  " + line + "\n";
    }
    out += "\n";
  }
  for (const std::string& note : report.notes) out += printable(note) + "\n";
  if (!report.notes.empty()) out += "\n";
  out += fmt::format("{}  {} and found {} table{}\n", toned("✓ CHECKED", Tone::kGood, style),
                     report.checked_by, format_count(report.tables), report.tables == 1 ? "" : "s");
  if (!report.user.empty()) {
    out += fmt::format("{}  {} can read the catalog and all data files\n",
                       toned("✓ READABLE", Tone::kGood, style), printable(report.user));
  }
  return out;
}

std::string render_json(const ConnectReport& report) {
  Json settings = Json::array();
  for (const ConnectSetting& setting : report.settings) {
    settings.push_back({{"name", setting.name}, {"value", setting.value}});
  }
  return document({{"tool", report.tool},
                   {"location", report.location},
                   {"settings", std::move(settings)},
                   {"checked_sql", report.checked_sql},
                   {"checked_by", report.checked_by},
                   {"tables", report.tables},
                   {"user", text_or_null(report.user)},
                   {"notes", report.notes},
                   {"error", nullptr}});
}

}  // namespace sluice
