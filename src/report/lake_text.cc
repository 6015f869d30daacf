#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "report/lake_report.h"

namespace sluice {
namespace {

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

// "a=1/b=NULL"
std::string partition_text(const std::vector<PartitionText>& partition) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : partition) parts.push_back(name + "=" + value.value_or("NULL"));
  return join(parts, "/");
}

// What a table's files have in front of their own names, "" unless they share a folder.
std::string shared_folder(const std::vector<LakeFileFacts>& files) {
  if (files.empty()) return "";
  std::string folder = files.front().path;
  for (const LakeFileFacts& file : files) {
    const auto ends =
        std::mismatch(folder.begin(), folder.end(), file.path.begin(), file.path.end());
    folder.erase(ends.first, folder.end());
  }
  return folder.substr(0, folder.rfind('/') + 1);
}

std::string rows_text(std::uint64_t rows, bool are_known) {
  return are_known ? plural(rows, "row", "rows") : "rows not told";
}

std::string files_text(const LakeTableFacts& table, const TextStyle& style) {
  std::string out =
      fmt::format("{}  ({}, {}, {})\n", toned(printable(table.table), Tone::kStrong, style),
                  rows_text(table.rows(), table.rows_are_known()),
                  plural(table.files.size(), "file", "files"), format_bytes(table.bytes()));
  const std::string folder = shared_folder(table.files);
  const bool is_partitioned = std::any_of(table.files.begin(), table.files.end(),
                                          [](const auto& file) { return !file.partition.empty(); });
  std::vector<TextTable::Heading> headings = {{"  Rows", Align::kRight},
                                              {"Deleted", Align::kRight},
                                              {"Size", Align::kRight},
                                              {"Since", Align::kRight}};
  if (is_partitioned) headings.push_back({"Partition", Align::kLeft, true});
  headings.push_back({"File", Align::kLeft, true});
  TextTable files(std::move(headings));
  for (const LakeFileFacts& file : table.files) {
    const std::string rows = file.rows_are_known ? format_count(file.rows) : "?";
    std::vector<TextTable::Cell> row = {"  " + rows, format_count(file.deleted),
                                        format_bytes(file.bytes), std::to_string(file.added_by)};
    if (is_partitioned) row.emplace_back(partition_text(file.partition));
    row.emplace_back(file.path.substr(folder.size()));
    files.add(std::move(row));
  }
  if (table.rows_in_catalog > 0) {
    std::vector<TextTable::Cell> row = {"  " + format_count(table.rows_in_catalog), "", "", ""};
    if (is_partitioned) row.emplace_back("");
    row.emplace_back("in the catalog", Tone::kQuiet);
    files.add(std::move(row));
  }
  if (!folder.empty()) out += "  in " + printable(folder) + "\n";
  if (!files.empty()) out += files.render(style);
  return out;
}

std::string cells_text(const std::vector<NamedValue>& row) {
  std::vector<std::string> cells;
  for (const auto& [name, value] : row) {
    cells.push_back(printable(name) + "=" + (value ? printable(quote_literal(*value)) : "NULL"));
  }
  return join(cells, ", ");
}

std::string diff_text(const LakeTableDiff& table, const TextStyle& style) {
  const std::string_view least = table.at_least ? "at least " : "";
  std::string out =
      fmt::format("{}  ({}: {}{} added, {}{} removed)\n",
                  toned(printable(table.table), Tone::kStrong, style), table.state, least,
                  plural(table.rows_added, "row", "rows"), least, format_count(table.rows_removed));
  for (const std::string& change : table.schema_changes) out += "  " + printable(change) + "\n";
  for (const LakeRowChange& row : table.rows) {
    std::string line = (row.added ? "+ " : "- ") + cells_text(row.row);
    if (row.copies > 1) line += fmt::format("  ({} times)", format_count(row.copies));
    out += toned(line, row.added ? Tone::kGood : Tone::kBad, style) + "\n";
  }
  const std::uint64_t all = table.rows_added + table.rows_removed;
  std::uint64_t shown = 0;
  for (const LakeRowChange& row : table.rows) shown += row.copies;
  if (!table.rows.empty() && shown < all) {
    out += fmt::format("  and {} more, see --limit\n", format_count(all - shown));
  }
  return out;
}

std::string finding_text(const LakeFinding& finding, const TextStyle& style) {
  std::string out = fmt::format("{} {}\n", toned("✗ " + finding.kind, Tone::kBad, style),
                                printable(finding.message));
  if (!finding.file.empty()) out += "    file:  " + printable(finding.file) + "\n";
  if (!finding.expected.empty() || !finding.found.empty()) {
    out += fmt::format("    catalog: {}, found: {}\n", printable(finding.expected),
                       printable(finding.found));
  }
  if (!finding.hint.empty()) out += "    " + printable(finding.hint) + "\n";
  return out;
}

}  // namespace

std::string render_text(const LakeSnapshotsReport& report, const TextStyle& style) {
  const auto any = [&](auto member) {
    return std::any_of(report.snapshots.begin(), report.snapshots.end(),
                       [&](const LakeSnapshotFacts& facts) { return !(facts.*member).empty(); });
  };
  const bool authors = any(&LakeSnapshotFacts::author);
  const bool messages = any(&LakeSnapshotFacts::message);
  const bool runs = any(&LakeSnapshotFacts::run);
  std::vector<TextTable::Heading> headings = {{"Snapshot", Align::kRight}, {"Time"}};
  if (authors) headings.push_back({"Author", Align::kLeft, true});
  if (runs) headings.push_back({"Run"});
  headings.push_back({"Changes", Align::kLeft, true});
  if (messages) headings.push_back({"Message", Align::kLeft, true});
  TextTable table(std::move(headings));
  for (const LakeSnapshotFacts& facts : report.snapshots) {
    std::vector<TextTable::Cell> row = {std::to_string(facts.number), facts.time};
    if (authors) row.emplace_back(facts.author);
    if (runs) row.emplace_back(facts.run);
    row.emplace_back(join(facts.changes, "; "));
    if (messages) row.emplace_back(facts.message);
    table.add(std::move(row));
  }
  return table.render(style);
}

std::string render_text(const LakeFilesReport& report, const TextStyle& style) {
  std::string out = printable(report.location);
  if (!report.lake.time.empty()) {
    out += fmt::format("  (snapshot {}, {})", report.lake.snapshot, report.lake.time);
  }
  out += '\n';
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::size_t files = 0;
  bool are_known = true;
  for (const LakeTableFacts& table : report.lake.tables) {
    out += "\n" + files_text(table, style);
    are_known = are_known && table.rows_are_known();
    rows += table.rows();
    bytes += table.bytes();
    files += table.files.size();
  }
  return out + fmt::format(
                   "\n{}, {}, {}, {}\n", plural(report.lake.tables.size(), "table", "tables"),
                   rows_text(rows, are_known), plural(files, "file", "files"), format_bytes(bytes));
}

std::string render_text(const LakeDiffReport& report, const TextStyle& style) {
  std::string out =
      fmt::format("{}  (snapshot {}, {}, to snapshot {}, {})\n", printable(report.location),
                  report.since.number, report.since.time, report.until.number, report.until.time);
  std::size_t same = 0;
  for (const LakeTableDiff& table : report.tables) {
    if (table.state == "same") {
      ++same;
    } else {
      out += "\n" + diff_text(table, style);
    }
  }
  if (same > 0) out += fmt::format("\n{} the same\n", plural(same, "table is", "tables are"));
  return out;
}

std::string render_text(const LakeCheckReport& report, const TextStyle& style) {
  std::string out;
  for (const LakeFinding& finding : report.lake.findings) out += finding_text(finding, style);
  for (const LakeFinding& note : report.lake.notes) {
    out += fmt::format("note: {} ({})\n", printable(note.message), printable(note.file));
  }
  for (const StagingFolder& folder : report.lake.staging) {
    out += fmt::format("{} is kept by run {}: `sluice status {}` says how it stands\n",
                       printable(folder.path), folder.run, folder.run);
  }
  // Tables of a tree have versions of their own.
  const std::string at = report.lake.tables > 1 && report.lake.snapshot == 0
                             ? ""
                             : fmt::format(" at snapshot {}", report.lake.snapshot);
  const std::string looked =
      fmt::format("{}, {}, {}, {}{}", plural(report.lake.tables, "table", "tables"),
                  plural(report.lake.files, "file", "files"),
                  plural(report.lake.rows, "row", "rows"), format_bytes(report.lake.bytes), at);
  if (report.sound()) return out + toned("✓ SOUND", Tone::kGood, style) + "  " + looked + "\n";
  return out + fmt::format("{}  {} in {}\n", toned("✗ DAMAGED", Tone::kBad, style),
                           plural(report.lake.findings.size(), "finding", "findings"), looked);
}

}  // namespace sluice
