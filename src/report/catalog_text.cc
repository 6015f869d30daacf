#include <fmt/format.h>

#include "base/text.h"
#include "report/catalog_report.h"
#include "report/text.h"

namespace sluice {
namespace {

std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : "s");
}

std::string version_text(const std::optional<std::int64_t>& version) {
  return version ? std::to_string(*version) : "none";
}

Tone tone_of(const std::string& state) {
  if (state == "failed" || state == "differs" || state == "interrupted") return Tone::kBad;
  return state == "unchanged" ? Tone::kQuiet : Tone::kGood;
}

std::string error_lines(const std::string& table, const Error& error) {
  std::string out = fmt::format("{}: {}\n", printable(table), printable(error.message));
  for (const std::string& line : split(error.hint, '\n')) {
    if (!line.empty()) out += fmt::format("  {}\n", printable(line));
  }
  return out;
}

std::string difference_line(const CatalogDifference& one, const TextStyle& style) {
  std::string what = one.kind;
  if (!one.object.empty()) what += " " + printable(one.object);
  if (one.side == "log") return fmt::format("  {} only in the log\n", what);
  if (one.side == "catalog") return fmt::format("  {} only in the catalog\n", what);
  return fmt::format("  {} {}\n    {}\n    {}\n", what, one.field == one.kind ? "" : one.field,
                     toned("log      " + printable(one.log), Tone::kBad, style),
                     toned("catalog  " + printable(one.catalog), Tone::kGood, style));
}

std::string differences_text(const std::vector<CatalogDifference>& differences,
                             const TextStyle& style) {
  std::string out;
  for (const CatalogDifference& one : differences) out += difference_line(one, style);
  return out;
}

std::string milliseconds(double seconds) {
  constexpr double kMillis = 1000;
  return fmt::format("{:.2f} ms", seconds * kMillis);
}

template <typename Table>
const Error* first_error(const std::vector<Table>& tables) {
  for (const Table& table : tables) {
    if (table.error) return &*table.error;
  }
  return nullptr;
}

}  // namespace

const Error* CatalogImportReport::error() const { return first_error(tables); }
const Error* CatalogCheckReport::error() const { return first_error(tables); }

bool CatalogCheckReport::same() const {
  return std::all_of(tables.begin(), tables.end(),
                     [](const CatalogCheckFacts& table) { return table.state == "same"; });
}

std::string render_text(const CatalogImportReport& report, const TextStyle& style) {
  TextTable table({{"table", Align::kLeft, true},
                   {"state"},
                   {"version", Align::kRight},
                   {"new commits", Align::kRight},
                   {"files", Align::kRight},
                   {"time", Align::kRight}});
  std::uint64_t failed = 0;
  std::string errors;
  for (const CatalogImportFacts& one : report.tables) {
    table.add({one.table_id,
               {one.state, tone_of(one.state)},
               version_text(one.version),
               format_count(one.commits),
               format_count(one.files),
               format_duration(one.seconds)});
    if (!one.error) continue;
    ++failed;
    errors += error_lines(one.table_id, *one.error);
  }
  std::string out = table.render(style) + errors;
  const std::string tables = counted(report.tables.size() - failed, "table");
  if (report.dry_run) {
    out += fmt::format("Would import {}; nothing was changed\n", tables);
  } else if (failed == 0) {
    out += fmt::format("{}  {} in {}, {}\n", toned("✓ IMPORTED", Tone::kGood, style), tables,
                       printable(report.catalog), format_duration(report.seconds));
  } else {
    out += fmt::format("{}  {} of {}; run it again with --resume\n",
                       toned("✗ FAILED", Tone::kBad, style), counted(failed, "table"),
                       format_count(report.tables.size()));
  }
  return out;
}

namespace {

// What follows from how the versions of both sides stand to each other.
const char* way_on_after(const CatalogCheckReport& report) {
  bool log_is_ahead = false;
  bool catalog_is_ahead = false;
  for (const CatalogCheckFacts& one : report.tables) {
    const std::int64_t version = one.catalog_version.value_or(-1);
    log_is_ahead = log_is_ahead || one.log_version > version;
    catalog_is_ahead = catalog_is_ahead || one.log_version < version;
  }
  if (catalog_is_ahead) return "`sluice catalog mirror` writes what is new in the catalog";
  if (log_is_ahead) return "`sluice catalog import` brings what is new in a log";
  return "one of both was changed by hand: `sluice catalog drop` and `import` take the log's word";
}

}  // namespace

std::string render_text(const CatalogCheckReport& report, const TextStyle& style) {
  std::string out;
  for (const CatalogCheckFacts& one : report.tables) {
    out += fmt::format("{}  {}  version {} of the log, {} of the catalog, {}, {}\n",
                       toned(printable(one.table_id), Tone::kStrong, style),
                       toned(one.state, tone_of(one.state), style), one.log_version,
                       version_text(one.catalog_version), counted(one.files, "file"),
                       format_duration(one.seconds));
    out += differences_text(one.differences, style);
    if (one.more > 0) out += fmt::format("  and {} more\n", format_count(one.more));
    if (one.error) out += error_lines(one.table_id, *one.error);
  }
  const std::string tables = counted(report.tables.size(), "table");
  if (report.same()) {
    return out + fmt::format("{}  log and catalog say the same of {}\n",
                             toned("✓ MATCH", Tone::kGood, style), tables);
  }
  return out + fmt::format("{}  {}\n", toned("✗ DIFFERS", Tone::kBad, style), way_on_after(report));
}

namespace {

std::string lag_text(const CatalogLagFacts& one) {
  std::vector<std::string> parts;
  if (one.versions_behind > 0) {
    parts.push_back(fmt::format("the catalog lacks {}, {} behind",
                                counted(static_cast<std::uint64_t>(one.versions_behind), "version"),
                                format_duration(one.seconds_behind)));
  }
  if (one.versions_unmirrored > 0) {
    parts.push_back(
        fmt::format("the log lacks {}, {} behind",
                    counted(static_cast<std::uint64_t>(one.versions_unmirrored), "version"),
                    format_duration(one.seconds_unmirrored)));
  }
  if (!one.drift.empty()) parts.push_back("drift: " + one.drift);
  return parts.empty() ? "up to date" : join(parts, "; ");
}

std::string lag_line(const CatalogLagFacts& one, const TextStyle& style) {
  const std::string lag = lag_text(one);
  return fmt::format("{}  log {}, catalog {}: {}\n", printable(one.table_id), one.log_version,
                     version_text(one.catalog_version),
                     toned(printable(lag), lag == "up to date" ? Tone::kGood : Tone::kBad, style));
}

}  // namespace

std::string render_text(const CatalogLagReport& report, const TextStyle& style) {
  std::string out;
  for (const CatalogLagFacts& one : report.tables) {
    out += report.time + "  " + lag_line(one, style);
  }
  return out;
}

std::string render_text(const CatalogSpeedReport& report, const TextStyle& style) {
  TextTable table({{"question"},
                   {"of", Align::kLeft, true},
                   {"files", Align::kRight},
                   {"log", Align::kRight},
                   {"catalog", Align::kRight},
                   {"ratio", Align::kRight},
                   {"answers"}});
  for (const CatalogTiming& one : report.questions) {
    const double ratio = one.catalog_seconds > 0 ? one.log_seconds / one.catalog_seconds : 0;
    table.add({one.question,
               one.detail,
               format_count(one.files),
               milliseconds(one.log_seconds),
               milliseconds(one.catalog_seconds),
               fmt::format("{:.1f}x", ratio),
               {one.same ? "same" : "differ", one.same ? Tone::kGood : Tone::kBad}});
  }
  std::string out = table.render(style);
  if (!report.same()) out += "`sluice catalog validate` says what differs\n";
  return out;
}

std::string render_text(const CatalogStatusReport& report, const TextStyle& style) {
  if (report.migrations.empty() && report.tables.empty()) return "Nothing was imported yet\n";
  TextTable table({{"table", Align::kLeft, true},
                   {"status"},
                   {"version", Align::kRight},
                   {"commits", Align::kRight},
                   {"files", Align::kRight},
                   {"started"},
                   {"completed"},
                   {"error", Align::kLeft, true}});
  for (const CatalogMigrationFacts& one : report.migrations) {
    table.add({one.table_id,
               {one.status, tone_of(one.status)},
               version_text(one.version),
               format_count(one.commits),
               format_count(one.files),
               one.started_at,
               one.completed_at,
               one.error});
  }
  std::string out = report.migrations.empty() ? "" : table.render(style);
  for (const CatalogLagFacts& one : report.tables) out += lag_line(one, style);
  return out;
}

const Error* CatalogMirrorReport::error() const {
  for (const CatalogMirrorFacts& one : commits) {
    if (one.state == "failed") return &*one.error;
  }
  return nullptr;
}

std::string render_text(const CatalogMirrorReport& report, const TextStyle& style) {
  if (report.commits.empty()) return "Every commit of the catalog is in its log\n";
  std::string out;
  for (const CatalogMirrorFacts& one : report.commits) {
    const bool is_good = one.state == "mirrored" || one.state == "moved";
    out += fmt::format("{}  version {}  {}  of run {}\n", printable(one.table_id), one.version,
                       toned(one.state, is_good ? Tone::kGood : Tone::kBad, style), one.run);
    if (one.error) out += error_lines(one.table_id, *one.error);
    if (one.checkpoint_error) out += error_lines(one.table_id, *one.checkpoint_error);
  }
  return out;
}

std::string render_text(const CatalogRollbackReport& report, const TextStyle& style) {
  const CatalogRollbackFacts& table = report.table;
  std::string out;
  for (const std::string& check : table.checks) {
    out += fmt::format("{} {}\n", toned("✓", Tone::kGood, style), printable(check));
  }
  out += differences_text(table.differences, style);
  const std::string rows = counted(table.files, "row") + " of files";
  if (table.state == "refused") {
    return out + fmt::format(
                     "{}  the catalog has what the log of \"{}\" lacks; `sluice catalog "
                     "export` writes it out, `sluice catalog drop` lets it go\n",
                     toned("✗ REFUSED", Tone::kBad, style), printable(table.table_id));
  }
  if (table.state == "dry_run") {
    return out + fmt::format("Would remove \"{}\", {}; nothing was changed\n",
                             printable(table.table_id), rows);
  }
  return out + fmt::format("{}  \"{}\", {}; readers use {} again\n",
                           toned("✓ ROLLED BACK", Tone::kGood, style), printable(table.table_id),
                           rows, printable(table.location));
}

std::string render_text(const CatalogDropReport& report, const TextStyle& style) {
  return fmt::format("{}  \"{}\", {} of files\n", toned("✓ DROPPED", Tone::kGood, style),
                     printable(report.table_id), counted(report.files, "row"));
}

std::string render_text(const CatalogExportReport& report, const TextStyle& style) {
  return fmt::format("{}  version {} of \"{}\", {}, as version 0 in {}\n",
                     toned("✓ EXPORTED", Tone::kGood, style), report.table.version,
                     printable(report.table.table_id), counted(report.table.files, "file"),
                     printable(report.table.folder));
}

}  // namespace sluice
