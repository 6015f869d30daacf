#include "report/archive_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/json_parts.h"

namespace sluice {
namespace {

Json to_json(const ArchiveFacts& archive) {
  Json tables = Json::array();
  for (const ArchivedTable& table : archive.tables) {
    tables.push_back(
        {{"table", table.table}, {"rows", table.rows}, {"digest", text_or_null(table.digest)}});
  }
  return {{"id", archive.id},
          {"location", archive.location},
          {"kind", archive.kind},
          {"catalog", text_or_null(archive.catalog)},
          {"created_at", archive.created_at},
          {"format", text_or_null(archive.format)},
          {"snapshot", archive.snapshot ? Json(*archive.snapshot) : Json(nullptr)},
          {"files", archive.files},
          {"bytes", archive.bytes},
          {"drilled", archive.drilled},
          {"tables", std::move(tables)},
          {"path", archive.path},
          {"run", text_or_null(archive.run)},
          {"problem", text_or_null(archive.problem)}};
}

std::string files_text(std::uint64_t files, std::uint64_t bytes) {
  return fmt::format("{} file{}, {}", format_count(files), files == 1 ? "" : "s",
                     format_bytes(bytes));
}

}  // namespace

std::string render_text(const ArchiveReport& report, const TextStyle& style) {
  const ArchiveFacts& archive = report.archive;
  std::string out = fmt::format("{}  {} of {}\n", toned("✓ ARCHIVED", Tone::kGood, style),
                                archive.id, printable(archive.location));
  if (archive.snapshot) out += fmt::format("  snapshot {}\n", *archive.snapshot);
  out += fmt::format("  {} in {}\n", files_text(archive.files, archive.bytes),
                     printable(archive.path));
  if (!archive.drilled)
    return out + "  it was not restored to see whether that works (--no-drill)\n";
  std::uint64_t rows = 0;
  for (const ArchivedTable& table : archive.tables) rows += table.rows;
  return out + fmt::format("  restored once: {} table{} with {} rows had the same content\n",
                           archive.tables.size(), archive.tables.size() == 1 ? "" : "s",
                           format_count(rows));
}

std::string render_text(const ArchiveListReport& report, const TextStyle& style) {
  if (report.archives.empty()) return "no archives; `sluice backup create LOCATION` makes one\n";
  TextTable table({{"Archive"},
                   {"Made at"},
                   {"Snapshot", Align::kRight},
                   {"Files", Align::kRight},
                   {"Size", Align::kRight},
                   {"State"},
                   {"Of", Align::kLeft, true}});
  for (const ArchiveFacts& archive : report.archives) {
    TextTable::Cell state = {archive.drilled ? "drilled" : "not drilled",
                             archive.drilled ? Tone::kGood : Tone::kQuiet};
    if (!archive.run.empty()) state = {"of a run", Tone::kQuiet};
    if (!archive.problem.empty()) state = {"damaged", Tone::kBad};
    table.add({archive.id, archive.created_at,
               archive.snapshot ? std::to_string(*archive.snapshot) : "",
               format_count(archive.files), format_bytes(archive.bytes), state,
               archive.problem.empty() ? archive.location : archive.problem});
  }
  return table.render(style);
}

std::string render_text(const ArchiveCheckReport& report, const TextStyle& style) {
  std::string out;
  for (const ArchiveFinding& finding : report.findings) {
    out += fmt::format("{} {}\n", toned("✗ " + finding.kind, Tone::kBad, style),
                       printable(finding.message));
  }
  const std::string looked = fmt::format("{}, {}", report.archive.id,
                                         files_text(report.archive.files, report.archive.bytes));
  return out + fmt::format("{}  {}\n",
                           report.sound() ? toned("✓ SOUND", Tone::kGood, style)
                                          : toned("✗ DAMAGED", Tone::kBad, style),
                           looked);
}

std::string render_text(const RestoreReport& report, const TextStyle& style) {
  std::string out = fmt::format("{}  {} to {}\n", toned("✓ RESTORED", Tone::kGood, style),
                                report.id, printable(report.target));
  if (!report.data_path.empty()) out += "  data path: " + printable(report.data_path) + "\n";
  if (!report.kept.empty()) out += "  what was there: " + printable(report.kept) + "\n";
  return out + fmt::format("  {}; {} table{} opened there\n",
                           files_text(report.files, report.bytes), format_count(report.tables),
                           report.tables == 1 ? "" : "s");
}

std::string render_text(const PruneReport& report, const TextStyle&) {
  std::string out;
  for (const ArchiveFacts& archive : report.removed) {
    out += fmt::format("{} {} of {}, {}\n", report.done ? "removed" : "would remove", archive.id,
                       printable(archive.location), archive.created_at);
  }
  return out + fmt::format("{} kept\n", format_count(report.kept));
}

std::string render_json(const ArchiveReport& report) {
  return document({{"state", "done"},
                   {"archive", to_json(report.archive)},
                   {"seconds", rounded(report.seconds)},
                   {"error", nullptr}});
}

std::string render_json(const ArchiveListReport& report) {
  Json archives = Json::array();
  for (const ArchiveFacts& archive : report.archives) archives.push_back(to_json(archive));
  return document({{"archives", std::move(archives)}, {"error", nullptr}});
}

std::string render_json(const ArchiveCheckReport& report) {
  Json findings = Json::array();
  for (const ArchiveFinding& finding : report.findings) {
    findings.push_back(
        {{"kind", finding.kind}, {"file", finding.file}, {"message", finding.message}});
  }
  return document({{"state", report.sound() ? "sound" : "damaged"},
                   {"archive", to_json(report.archive)},
                   {"findings", std::move(findings)},
                   {"seconds", rounded(report.seconds)},
                   {"error", nullptr}});
}

std::string render_json(const RestoreReport& report) {
  return document({{"state", "done"},
                   {"id", report.id},
                   {"target", report.target},
                   {"data_path", text_or_null(report.data_path)},
                   {"kept", text_or_null(report.kept)},
                   {"files", report.files},
                   {"bytes", report.bytes},
                   {"tables", report.tables},
                   {"seconds", rounded(report.seconds)},
                   {"error", nullptr}});
}

std::string render_json(const PruneReport& report) {
  Json removed = Json::array();
  for (const ArchiveFacts& archive : report.removed) removed.push_back(to_json(archive));
  return document({{"state", report.done ? "done" : "dry_run"},
                   {"removed", std::move(removed)},
                   {"kept", report.kept},
                   {"error", nullptr}});
}

}  // namespace sluice
