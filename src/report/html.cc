#include "report/html.h"

#include <fmt/format.h>

#include "base/secret.h"
#include "base/text.h"
#include "report/html_style.h"
#include "report/text.h"

namespace sluice {
namespace {

std::string_view state_class(const std::string& state) {
  if (state == "done" || state == "verified") return "good";
  if (state == "refused" || state == "differs" || state == "failed" || state == "interrupted") {
    return "bad";
  }
  return "";
}

std::string code(const std::string& text) { return "<code>" + escape_html(text) + "</code>"; }

std::string number(const std::string& value, std::string_view name) {
  return fmt::format("<div class=\"number\"><b>{}</b><span>{}</span></div>\n", escape_html(value),
                     name);
}

std::string section(std::string_view heading, const std::string& body) {
  if (body.empty()) return "";
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", heading, body);
}

// `html` is escaped already.
std::string cell(std::string_view name, const std::string& html, std::string_view css = "") {
  return fmt::format("<td data-name=\"{}\"{}>{}</td>", name,
                     css.empty() ? "" : fmt::format(" class=\"{}\"", css), html);
}

std::string numbers(const MigrationReport& report) {
  double copying = 0;
  for (const StepReport& step : report.steps) {
    if (step.name == "copy") copying += step.seconds;
  }
  std::size_t matching = 0;
  for (const TableReport& table : report.tables) {
    if (!table.verified.empty() && !table.differs) ++matching;
  }
  std::string out = "<div class=\"numbers\">\n";
  out += number(fmt::format("{} of {}", matching, report.tables.size()), "tables match");
  out += number(format_count(report.rows()), "rows");
  out += number(format_bytes(report.bytes()), "moved");
  out += number(format_duration(report.seconds), "in all");
  if (copying > 0) {
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(report.rows()) / copying);
    out += number(format_count(rate), "rows a second, copying");
  }
  return out + "</div>\n";
}

std::string digest_html(const TableReport& table) {
  if (table.digest_target.empty()) return "-";
  if (table.digest_source == table.digest_target) return code(table.digest_target);
  return "<span>" + code(table.digest_source) + "<br>" + code(table.digest_target) + "</span>";
}

std::string verification(const MigrationReport& report) {
  if (report.tables.empty()) return "";
  std::string out =
      "<table class=\"tables\">\n<thead><tr><th>Source</th><th>Target</th>"
      "<th class=\"right\">Rows in source</th><th class=\"right\">Rows in target</th>"
      "<th>Digest</th><th>Verified</th><th>Status</th></tr></thead>\n<tbody>\n";
  for (const TableReport& table : report.tables) {
    const std::string_view css = table.differs ? "bad" : !table.verified.empty() ? "good" : "quiet";
    out += "<tr>" + cell("Source", escape_html(table.source)) +
           cell("Target", escape_html(table.target)) +
           cell("Rows in source", format_count(table.rows_source), "right") +
           cell("Rows in target", format_count(table.rows_target), "right") +
           cell("Digest", digest_html(table)) +
           cell("Verified", table.verified.empty() ? "-" : escape_html(table.verified)) +
           cell("Status", table_status(table), css) + "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string losses(const MigrationReport& report) {
  std::string rows;
  for (const TableReport& table : report.tables) {
    for (const LossReport& loss : table.losses) {
      rows += "<tr>" + cell("Table", escape_html(table.target)) +
              cell("Column", escape_html(loss.column)) + cell("Loss", code(loss.reason)) +
              cell("Accepted", loss.accepted ? "yes" : "no", loss.accepted ? "" : "bad") +
              "</tr>\n";
    }
  }
  if (rows.empty()) return "";
  return "<table class=\"tables\">\n<thead><tr><th>Table</th><th>Column</th><th>Loss</th>"
         "<th>Accepted</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody></table>\n";
}

std::string findings(const MigrationReport& report) {
  std::string items;
  for (const Finding& finding : report.findings) {
    items += fmt::format("<li>{}: {} <span class=\"quiet\">{}</span></li>\n", code(finding.object),
                         escape_html(finding.message), escape_html(finding.kind));
  }
  return items.empty() ? "" : "<ul>\n" + items + "</ul>\n";
}

std::string notes(const MigrationReport& report) {
  std::string items;
  for (const std::string& note : report.notes) items += "<li>" + escape_html(note) + "</li>\n";
  return items.empty() ? "" : "<ul>\n" + items + "</ul>\n";
}

std::string steps(const MigrationReport& report) {
  std::string items;
  for (const StepReport& step : report.steps) {
    items +=
        fmt::format("<tr><td>{}</td><td class=\"quiet\">{}</td><td class=\"right\">{}</td></tr>\n",
                    escape_html(step.name), escape_html(step.at), format_duration(step.seconds));
  }
  if (items.empty()) return "";
  return "<table>\n<thead><tr><th>Step</th><th>Began</th><th class=\"right\">Took</th></tr>"
         "</thead>\n<tbody>\n" +
         items + "</tbody></table>\n";
}

std::string details(const MigrationReport& report) {
  std::string items;
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) items += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, code(text));
  };
  add("Run", report.run);
  add("Started", report.started_at);
  add("Certificate", report.certificate);
  add("Backup", report.backup);
  add("Next", report.next);
  return "<dl>\n" + items + "</dl>\n";
}

std::string error_box(const std::optional<Error>& error) {
  if (!error) return "";
  std::string out = fmt::format("<div class=\"error\"><p><b>{}</b></p><p>{}</p>",
                                to_string(error->kind), escape_html(redact(error->message)));
  if (!error->vendor_code.empty()) out += "<p class=\"quiet\">" + code(error->vendor_code) + "</p>";
  if (!error->hint.empty()) out += "<p class=\"quiet\">" + escape_html(error->hint) + "</p>";
  return out + "</div>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
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
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string render_html(const MigrationReport& report) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>sluice {} {}: {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      escape_html(report.command), escape_html(report.run), escape_html(report.state), kHtmlStyle);
  out += fmt::format("<h1>sluice {} <span class=\"badge {}\">{}</span></h1>\n",
                     escape_html(report.command), state_class(report.state),
                     escape_html(report.state));
  out += fmt::format("<p class=\"quiet\">{}</p>\n", escape_html(describe_state(report)));
  out += fmt::format("<div class=\"route\">{}<span class=\"quiet\">&rarr;</span>{}</div>\n",
                     code(report.source), code(report.target));
  out += error_box(report.error) + numbers(report);
  out += section("Verification", verification(report));
  out += section("Rows per second", rate_chart(report.rates));
  out += section("Losses", losses(report));
  out += section("Findings", findings(report));
  out += section("Steps", steps(report));
  out += section("Notes", notes(report));
  out += section("Details", details(report));
  out += fmt::format("<footer>sluice {}</footer>\n</main>\n</body>\n</html>\n",
                     escape_html(report.version));
  return out;
}

}  // namespace sluice
