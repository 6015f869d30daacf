#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/secret.h"
#include "base/text.h"
#include "report/run_report.h"

namespace sluice {
namespace {

Tone state_tone(std::string_view state) {
  if (state == "done" || state == "verified" || state == "same") return Tone::kGood;
  if (state == "refused" || state == "differs" || state == "failed" || state == "interrupted") {
    return Tone::kBad;
  }
  return Tone::kStrong;
}

// "name      text\n", names in one width.
std::string field(std::string_view name, std::string_view text, const TextStyle& style) {
  if (text.empty()) return "";
  return toned(fmt::format("{:<12}", name), Tone::kQuiet, style) + printable(text) + "\n";
}

// A heading line in front of `body`; nothing for an empty one.
std::string section(std::string_view name, const std::string& body, const TextStyle& style) {
  if (body.empty()) return "";
  return fmt::format("\n{}\n{}", toned(name, Tone::kHeading, style), body);
}

std::string throughput(const MigrationReport& report) {
  std::string text =
      fmt::format("{} rows, {}", format_count(report.rows()), format_bytes(report.bytes()));
  double copying = 0;
  for (const StepReport& step : report.steps) {
    if (step.name == "copy") copying += step.seconds;
  }
  if (copying <= 0) return text;
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(report.rows()) / copying);
  return text + fmt::format(", {} rows/s", format_count(rate));
}

std::uint64_t rows_rejected(const std::vector<const TableReport*>& tables) {
  std::uint64_t rows = 0;
  for (const TableReport* table : tables) rows += table->rows_rejected;
  return rows;
}

std::string verification_table(const std::vector<const TableReport*>& tables,
                               const TextStyle& style) {
  const bool rejects = rows_rejected(tables) > 0;
  std::vector<TextTable::Heading> columns = {{"Table", Align::kLeft, true},
                                             {"Source", Align::kRight},
                                             {"Target", Align::kRight},
                                             {"Verified"},
                                             {"Status"}};
  if (rejects) columns.insert(columns.begin() + 2, {"Rejected", Align::kRight});
  TextTable out(columns);
  for (const TableReport* table : tables) {
    const bool missing = table->source.empty() || table->target.empty();  // not counted
    // What the source holds: rows that stayed out are rows of it.
    std::vector<TextTable::Cell> cells = {
        table->target.empty() ? table->source : table->target,
        missing ? "-" : format_count(table->rows_source + table->rows_rejected),
        missing ? "-" : format_count(table->rows_target),
        table->verified.empty() ? "-" : table->verified,
        {table_status(*table), table_tone(*table)}};
    if (rejects) cells.insert(cells.begin() + 2, format_count(table->rows_rejected));
    out.add(cells);
  }
  return out.empty() ? "" : out.render(style);
}

// "Overall  ✓ 3 of 3 tables match, 1,234 rows"
std::string overall(const std::vector<const TableReport*>& tables, const TextStyle& style) {
  std::uint64_t rows = 0;
  std::size_t matching = 0;
  for (const TableReport* table : tables) {
    rows += table->rows_target;
    if (!table->verified.empty() && !table->differs) ++matching;
  }
  const std::uint64_t rejected = rows_rejected(tables);
  const bool good = matching == tables.size() && rejected == 0;
  std::string text = fmt::format("{} {} of {} tables match, {} rows", good ? "\u2713" : "\u2717",
                                 matching, tables.size(), format_count(rows));
  if (rejected > 0) text += fmt::format(", {} rejected", format_count(rejected));
  return fmt::format("Overall  {}\n", toned(text, good ? Tone::kGood : Tone::kBad, style));
}

std::string losses_section(const MigrationReport& report) {
  std::string body;
  for (const TableReport& table : report.tables) {
    for (const LossReport& loss : table.losses) {
      const char* const outcome = loss.accepted             ? " (accepted)"
                                  : table.rows_rejected > 0 ? " (rows rejected)"
                                                            : " (NOT accepted)";
      body += fmt::format("  {}.{}: {}{}\n",
                          printable(table.source.empty() ? table.target : table.source),
                          printable(loss.column), loss.reason, outcome);
    }
  }
  return body;
}

std::string findings_section(const std::vector<Finding>& findings) {
  std::string body;
  for (const Finding& finding : findings) {
    body += fmt::format("  {}: {} [{}]\n", printable(finding.object), printable(finding.message),
                        finding.kind);
  }
  return body;
}

}  // namespace

std::string table_status(const TableReport& table) {
  if (table.differs) return "\u2717 DIFFERS";
  if (!table.verified.empty()) return "\u2713 MATCH";
  if (table.chunks > 0 && table.chunks_landed > 0) {
    return fmt::format("{} of {} chunks", table.chunks_landed, table.chunks);
  }
  return table.chunks_landed > 0 ? "copying" : "not copied";
}

Tone table_tone(const TableReport& table) {
  if (table.differs) return Tone::kBad;
  return table.verified.empty() ? Tone::kQuiet : Tone::kGood;
}

std::string losses_text(const TableReport& table) {
  std::vector<std::string> parts;
  for (const LossReport& loss : table.losses) parts.push_back(loss.column + ": " + loss.reason);
  return join(parts, ", ");
}

std::string describe_state(const MigrationReport& report) {
  static const std::map<std::string, std::string> kMeanings = {
      {"done", "every table was read back from the target, is the same and is published"},
      {"verified", "every table was read back from the target and is the same; not published yet"},
      {"refused", "something would be lost that was not accepted; nothing was written"},
      {"differs", "the target does not hold what the source holds; nothing was published"},
      {"interrupted",
       "the run stopped before its end: `sluice resume` finishes it, `sluice rollback` undoes it"},
      {"rolled_back", "the target is as it was before the run"},
      {"failed", "the run failed; the error says why"}};
  const auto at = kMeanings.find(report.state);
  std::string text = at == kMeanings.end() ? "" : at->second;
  if (report.forgotten) text += "; what it replaced was dropped";
  return text;
}

std::string render_text(const MigrationReport& report, const TextStyle& style) {
  std::vector<const TableReport*> tables;
  for (const TableReport& table : report.tables) tables.push_back(&table);
  std::string out = field("run", report.run, style);
  out += toned(fmt::format("{:<12}", "state"), Tone::kQuiet, style) +
         toned(report.state, state_tone(report.state), style);
  const std::string meaning = describe_state(report);
  out += meaning.empty() ? "\n" : ": " + meaning + "\n";
  out += field("source", report.source, style) + field("target", report.target, style);
  out += field("started", report.started_at, style);
  out += field("took", format_duration(report.seconds), style);
  if (report.state != "refused") out += field("moved", throughput(report), style);
  if (!tables.empty() && report.state != "refused") {
    out += "\n" + verification_table(tables, style) + overall(tables, style);
  }
  out += section("Losses", losses_section(report), style);
  out += section("Findings", findings_section(report.findings), style);
  std::string notes;
  for (const std::string& note : report.notes) notes += "  " + printable(note) + "\n";
  out += section("Notes", notes, style);
  std::string files = field("certificate", report.certificate, style);
  files += field("backup", report.backup, style) + field("next", report.next, style);
  if (!files.empty()) out += "\n" + files;
  if (report.error) out += "\n" + render_text(*report.error, style);
  return out;
}

std::string render_text(const VerifyReport& report, const TextStyle& style) {
  std::vector<const TableReport*> tables;
  for (const TableDifference& table : report.tables) tables.push_back(&table.table);
  std::string out = field("state", report.state, style);
  out += field("source", report.certificate.empty() ? report.source : report.certificate, style);
  out += field("target", report.target, style);
  out += field("level", report.level + (report.sampled ? " of a sample: nothing is verified" : ""),
               style);
  if (!tables.empty()) out += "\n" + verification_table(tables, style) + overall(tables, style);
  for (const TableDifference& table : report.tables) {
    if (!table.problem.empty()) {
      out += fmt::format("\n{}: {}\n", printable(table.table.source), printable(table.problem));
    }
    const std::string rows = render_differences(table, style);
    if (!rows.empty()) out += "\n" + rows;
  }
  if (report.error) out += "\n" + render_text(*report.error, style);
  return out;
}

std::string render_text(const RunsReport& report, const TextStyle& style) {
  if (report.runs.empty()) return "no runs yet\n";
  TextTable table({{"Run"},
                   {"State"},
                   {"Source", Align::kLeft, true},
                   {"Target", Align::kLeft, true},
                   {"Rows", Align::kRight},
                   {"Started"},
                   {"Took", Align::kRight}});
  for (const RunRecord& record : report.runs) {
    const std::string state(to_string(record.shown_state()));
    const double seconds = static_cast<double>(record.updated_ms - record.started_ms) / 1000;
    table.add({record.run,
               {state, state_tone(state)},
               record.source,
               record.target,
               format_count(record.rows),
               format_rfc3339(record.started_ms).substr(0, 19) + "Z",
               format_duration(seconds)});
  }
  return table.render(style);
}

std::string render_text(const Error& error, const TextStyle& style) {
  std::string out = toned("sluice: ", Tone::kBad, style) + printable(redact(error.message)) + "\n";
  if (!error.vendor_code.empty()) out += "  code: " + printable(error.vendor_code) + "\n";
  if (!error.hint.empty()) out += "  hint: " + printable(redact(error.hint)) + "\n";
  return out;
}

}  // namespace sluice
