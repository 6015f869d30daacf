#include "evolve/compare_history.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::evolve {
namespace {

bool is_unfinished(const Applied& entry) {
  return entry.state == kApplying || entry.state == kReverting;
}

// The version before which scripts may be left out: a baseline was there already.
SchemaVersion baseline_of(const History& history) {
  SchemaVersion out = 0;
  for (const auto& [version, entry] : history) {
    if (entry.state == kBaseline) out = version;
  }
  return out;
}

std::string remedy_of(const HistoryFinding& finding) {
  if (finding.kind == "newer_database") {
    return "take the scripts, and the program, that belong to this database";
  }
  if (finding.kind == "missing_script") return "put the script back into the folder";
  if (finding.kind == "changed_script") {
    return "put the script back as it was, and write what is new into one of a later version";
  }
  return "give it a version behind the newest that is applied";
}

}  // namespace

SchemaVersion version_of(const History& history) {
  SchemaVersion out = 0;
  for (const auto& [version, entry] : history) {
    if (entry.state != kApplying) out = version;
  }
  return out;
}

std::vector<HistoryFinding> compare_history(const Scripts& scripts, const History& history) {
  std::vector<HistoryFinding> out;
  const SchemaVersion newest = scripts.empty() ? 0 : scripts.rbegin()->first;
  const SchemaVersion database = version_of(history);
  const SchemaVersion baseline = baseline_of(history);
  if (database > newest) {
    out.push_back(
        {"newer_database", database,
         fmt::format("schema version mismatch: database {}, scripts {}", database, newest)});
  }
  for (const auto& [version, entry] : history) {
    const auto script = scripts.find(version);
    if (script == scripts.end()) {
      if (version <= newest && entry.state != kBaseline) {
        out.push_back({"missing_script", version,
                       fmt::format("version {} (\"{}\") is applied, and no script has it", version,
                                   entry.name)});
      }
      continue;
    }
    if (is_unfinished(entry) || entry.checksum.empty()) continue;
    if (entry.checksum != script->second.up.checksum) {
      out.push_back({"changed_script", version,
                     fmt::format("script {} was changed since it was applied at {}: its SHA-256 is "
                                 "{}, and was {}",
                                 script->second.up.file.filename().string(), entry.finished_at,
                                 script->second.up.checksum, entry.checksum)});
    }
  }
  for (const auto& [version, script] : scripts) {
    if (version > baseline && version < database && !history.contains(version)) {
      out.push_back({"skipped_script", version,
                     fmt::format("script {} is not applied, and version {} is",
                                 script.up.file.filename().string(), database)});
    }
  }
  return out;
}

Status check_history(const Scripts& scripts, const History& history) {
  const auto findings = compare_history(scripts, history);
  if (findings.empty()) return {};
  const HistoryFinding& worst = findings.front();
  return fail(Error(ErrorKind::kConflict, worst.message)
                  .about(kHistoryTable)
                  .code(worst.kind)
                  .advise(remedy_of(worst)));
}

std::vector<const Script*> pending(const Scripts& scripts, const History& history,
                                   std::optional<SchemaVersion> until) {
  std::vector<const Script*> out;
  const SchemaVersion baseline = baseline_of(history);
  for (const auto& [version, script] : scripts) {
    if (until && version > *until) break;
    const auto entry = history.find(version);
    const bool is_done =
        entry == history.end() ? version <= baseline : !is_unfinished(entry->second);
    if (!is_done) out.push_back(&script);
  }
  return out;
}

}  // namespace sluice::evolve
