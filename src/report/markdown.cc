#include "report/markdown.h"

#include <fmt/format.h>

#include "base/secret.h"
#include "base/text.h"
#include "report/text.h"

namespace sluice {
namespace {

std::string row(const std::vector<std::string>& cells) {
  return "| " + join(cells, " | ") + " |\n";
}

std::string field(std::string_view name, const std::string& text) {
  if (text.empty()) return "";
  return fmt::format("- **{}:** {}\n", name, escape_markdown(text));
}

std::string digest_cell(const TableReport& table) {
  if (table.digest_target.empty()) return "";
  if (table.digest_target == table.digest_source) return "`" + table.digest_target + "`";
  return fmt::format("`{}` / `{}`", table.digest_source, table.digest_target);
}

std::string tables_of(const MigrationReport& report) {
  if (report.tables.empty()) return "";
  std::string out = "\n## Tables\n\n";
  out +=
      row({"Source", "Target", "Rows in source", "Rows in target", "Digest", "Verified", "Status"});
  out += "| --- | --- | ---: | ---: | --- | --- | --- |\n";
  for (const TableReport& table : report.tables) {
    out +=
        row({escape_markdown(table.source), escape_markdown(table.target),
             format_count(table.rows_source), format_count(table.rows_target), digest_cell(table),
             table.verified.empty() ? "-" : table.verified, table_status(table)});
  }
  return out;
}

std::string losses_of(const MigrationReport& report) {
  std::string out;
  for (const TableReport& table : report.tables) {
    for (const LossReport& loss : table.losses) {
      out += row({escape_markdown(table.target), escape_markdown(loss.column),
                  escape_markdown(loss.reason), loss.accepted ? "yes" : "no"});
    }
  }
  if (out.empty()) return "";
  return "\n## Losses\n\n" + row({"Table", "Column", "Loss", "Accepted"}) +
         "| --- | --- | --- | --- |\n" + out;
}

}  // namespace

std::string escape_markdown(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '|':
      case '~':
        out += '\\';
        [[fallthrough]];
      default:
        out += c;
    }
  }
  return out;
}

std::string render_markdown(const MigrationReport& report) {
  std::string out = fmt::format("# sluice: {} {}\n\n", escape_markdown(report.command),
                                escape_markdown(report.state));
  out += field("State", report.state + ": " + describe_state(report));
  out += field("Run", report.run) + field("Source", report.source) + field("Target", report.target);
  out += field("Started", report.started_at) + field("Took", format_duration(report.seconds));
  out += field("Moved", fmt::format("{} rows, {}", format_count(report.rows()),
                                    format_bytes(report.bytes())));
  out += field("Certificate", report.certificate) + field("Backup", report.backup);
  if (report.error) {
    out += fmt::format("\n> **{}:** {}\n", to_string(report.error->kind),
                       escape_markdown(redact(report.error->message)));
    if (!report.error->hint.empty()) out += "> " + escape_markdown(report.error->hint) + "\n";
  }
  out += tables_of(report) + losses_of(report);
  if (!report.findings.empty()) out += "\n## Findings\n\n";
  for (const Finding& finding : report.findings) {
    out += fmt::format("- {}: {} ({})\n", escape_markdown(finding.object),
                       escape_markdown(finding.message), escape_markdown(finding.kind));
  }
  if (!report.steps.empty()) out += "\n## Steps\n\n";
  for (const StepReport& step : report.steps) {
    out += fmt::format("- {}: {}\n", escape_markdown(step.name), format_duration(step.seconds));
  }
  if (!report.notes.empty()) out += "\n## Notes\n\n";
  for (const std::string& note : report.notes) out += "- " + escape_markdown(note) + "\n";
  return out;
}

}  // namespace sluice
