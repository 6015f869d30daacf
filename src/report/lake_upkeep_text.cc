#include <fmt/format.h>

#include "base/text.h"
#include "report/lake_report.h"

namespace sluice {
namespace {

std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : "s");
}

std::string left_text(const std::vector<LakeLeftFacts>& left, const TextStyle& style) {
  std::string out;
  for (const LakeLeftFacts& one : left) {
    const std::string about = one.file.empty() ? one.table : one.file;
    out += fmt::format("{} {}: {}\n", toned("left", Tone::kQuiet, style), printable(about),
                       printable(one.reason));
  }
  return out;
}

std::string table_text(const LakeCompactTable& table, bool dry_run, const TextStyle& style) {
  std::string out = fmt::format("{}  {}", toned(printable(table.table), Tone::kStrong, style),
                                counted(table.files_rewritten, "file"));
  if (table.rows_in_catalog > 0) {
    out += fmt::format(" and {} in the catalog", counted(table.rows_in_catalog, "row"));
  }
  if (!dry_run) out += fmt::format(" -> {}", counted(table.files_written, "file"));
  out += fmt::format(", {}, {}", counted(table.rows, "row"), format_bytes(table.bytes_rewritten));
  if (!dry_run) out += fmt::format(" -> {}", format_bytes(table.bytes_written));
  if (table.rows_deleted > 0) out += fmt::format(", {} left out", format_count(table.rows_deleted));
  return out + "\n";
}

std::string files_text(const std::vector<LakeDeadFile>& files, std::string_view word,
                       const TextStyle& style) {
  std::string out;
  for (const LakeDeadFile& file : files) {
    out += fmt::format("{} {}  {}\n", toned(word, Tone::kQuiet, style), printable(file.path),
                       format_bytes(file.bytes));
  }
  return out;
}

std::uint64_t bytes_of(const std::vector<LakeDeadFile>& files) {
  std::uint64_t sum = 0;
  for (const LakeDeadFile& file : files) sum += file.bytes;
  return sum;
}

}  // namespace

std::string render_text(const LakeCompactReport& report, const TextStyle& style) {
  const LakeCompactFacts& lake = report.lake;
  std::string out;
  for (const LakeCompactTable& table : lake.tables) out += table_text(table, lake.dry_run, style);
  out += left_text(lake.left, style);
  const std::string tables = counted(lake.tables.size(), "table");
  if (lake.tables.empty()) return out + "Nothing to compact\n";
  if (lake.dry_run) return out + fmt::format("Would compact {}; nothing was changed\n", tables);
  return out + fmt::format("{}  {} in snapshot {}\n", toned("✓ COMPACTED", Tone::kGood, style),
                           tables, lake.snapshot.value_or(0));
}

std::string render_text(const LakeExpireReport& report, const TextStyle& style) {
  const LakeExpireFacts& lake = report.lake;
  std::string out;
  for (const LakeSnapshotFacts& snapshot : lake.expired) {
    out += fmt::format("{} {}  {}  {}\n", toned("snapshot", Tone::kQuiet, style), snapshot.number,
                       snapshot.time, printable(join(snapshot.changes, "; ")));
  }
  out += files_text(lake.deleted, "file", style);
  out += files_text(lake.orphans, "orphan", style);
  out += left_text(lake.left, style);
  if (!lake.waiting.empty()) {
    out += fmt::format("{} ({}) wait for --grace to end; a later run deletes them\n",
                       counted(lake.waiting.size(), "file"), format_bytes(bytes_of(lake.waiting)));
  }
  const std::string gone = fmt::format(
      "{}, {} kept; {} deleted, {}", counted(lake.expired.size(), "snapshot"),
      format_count(lake.kept), counted(lake.deleted.size() + lake.orphans.size(), "file"),
      format_bytes(bytes_of(lake.deleted) + bytes_of(lake.orphans)));
  if (lake.dry_run) return out + fmt::format("Would expire {}; nothing was changed\n", gone);
  return out + fmt::format("{}  {}\n", toned("✓ EXPIRED", Tone::kGood, style), gone);
}

std::string render_text(const LakeFreezeReport& report, const TextStyle& style) {
  const LakeFreezeFacts& lake = report.lake;
  return fmt::format("{}  snapshot {} of {} in {}, its {} in {}\nATTACH {} AS lake (READ_ONLY);\n",
                     toned("✓ FROZEN", Tone::kGood, style), lake.snapshot,
                     counted(lake.tables, "table"), printable(lake.file),
                     counted(lake.files, "file"), printable(lake.data_path),
                     quote_literal("ducklake:" + printable(lake.file)));
}

std::string render_text(const LakeRepairReport& report, const TextStyle& style) {
  const LakeRepairFacts& repair = report.repair;
  std::string out;
  for (const LakeRepairStep& step : repair.steps) {
    out += fmt::format("{} {}{}{}\n", toned(step.kind, Tone::kStrong, style), printable(step.table),
                       step.table.empty() ? "" : ": ", printable(step.what));
  }
  const std::string steps = counted(repair.steps.size(), "repair");
  if (repair.dry_run) {
    out += fmt::format("Would do {}; nothing was changed\n", steps);
  } else if (!repair.steps.empty()) {
    out += fmt::format("{}  {}; the catalog as it was is in {}\n",
                       toned("✓ REPAIRED", Tone::kGood, style), steps, printable(repair.backup));
  }
  return out + render_text(report.after, style);
}

}  // namespace sluice
