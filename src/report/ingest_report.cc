#include "report/ingest_report.h"

#include <fmt/format.h>

#include "base/secret.h"
#include "base/text.h"
#include "report/json_parts.h"

namespace sluice {
namespace {

Json error_or_null(const std::optional<Error>& error) {
  if (!error) return nullptr;
  return {{"kind", to_string(error->kind)},
          {"message", redact(error->message)},
          {"object", redact(error->object)},
          {"vendor_code", error->vendor_code},
          {"hint", redact(error->hint)}};
}

std::string rows_of(std::uint64_t count) {
  return fmt::format("{} row{}", format_count(count), count == 1 ? "" : "s");
}

std::string columns_text(const IngestReport& report) {
  std::vector<std::string> chosen;
  for (const IngestedColumn& column : report.types) {
    if (column.origin == "inferred") chosen.push_back(column.name + " " + column.type);
  }
  return chosen.empty() ? "" : "  types chosen: " + join(chosen, ", ") + "\n";
}

}  // namespace

std::string render_text(const IngestReport& report, const TextStyle& style) {
  if (report.error) return "";
  const std::string snapshot =
      report.snapshot ? fmt::format(", snapshot {}", *report.snapshot) : ", no snapshot";
  std::string out = fmt::format("{} inserted into {} of {} read{}\n",
                                toned(rows_of(report.inserted), Tone::kGood, style), report.table,
                                format_count(report.rows_read), snapshot);
  const std::uint64_t dropped = report.duplicates_in_batch + report.duplicates_in_table;
  if (dropped > 0) {
    out += fmt::format(
        "  {} dropped: key {} in the batch before, {} in the table; {} with other "
        "values\n  {}\n",
        rows_of(dropped), format_count(report.duplicates_in_batch),
        format_count(report.duplicates_in_table), format_count(report.conflicting),
        report.dropped_file);
  }
  if (report.replaced > 0) out += fmt::format("  {} replaced\n", rows_of(report.replaced));
  for (const BrokenInput& input : report.broken) {
    out +=
        toned(fmt::format("  {} is rejected: {}", printable(input.input), printable(input.reason)),
              Tone::kBad, style) +
        "\n";
  }
  if (!report.rejects_file.empty()) {
    out += toned(fmt::format("  {} rejected", rows_of(report.rejected)), Tone::kBad, style) +
           fmt::format(": {}\n", report.rejects_file);
  }
  out += columns_text(report);
  for (const std::string& note : report.notes) out += "  " + printable(note) + "\n";
  return out + fmt::format("  batch {}, {}\n", report.batch, format_duration(report.seconds));
}

std::string render_json(const IngestReport& report) {
  Json types = Json::array();
  for (const IngestedColumn& column : report.types) {
    types.push_back({{"name", column.name}, {"type", column.type}, {"origin", column.origin}});
  }
  Json broken = Json::array();
  for (const BrokenInput& input : report.broken) {
    broken.push_back({{"input", input.input}, {"reason", input.reason}});
  }
  return document({{"batch", text_or_null(report.batch)},
                   {"state", report.state},
                   {"target", report.target},
                   {"table", report.table},
                   {"restored", report.is_restored},
                   {"rows_read", report.rows_read},
                   {"inserted", report.inserted},
                   {"duplicates_in_batch", report.duplicates_in_batch},
                   {"duplicates_in_table", report.duplicates_in_table},
                   {"conflicting", report.conflicting},
                   {"replaced", report.replaced},
                   {"rejected", report.rejected},
                   {"rejects_file", text_or_null(report.rejects_file)},
                   {"dropped_file", text_or_null(report.dropped_file)},
                   {"snapshot", report.snapshot ? Json(*report.snapshot) : Json(nullptr)},
                   {"files", report.files},
                   {"seconds", rounded(report.seconds)},
                   {"types", types},
                   {"broken_inputs", broken},
                   {"notes", report.notes},
                   {"error", error_or_null(report.error)}});
}

std::string render_text(const std::vector<DroppedBatch>& batches, const TextStyle& style) {
  if (batches.empty()) return "no batch has dropped rows\n";
  TextTable table({{"Batch"},
                   {"At"},
                   {"In the batch", Align::kRight},
                   {"In the table", Align::kRight},
                   {"Other values", Align::kRight},
                   {"File"}});
  for (const DroppedBatch& batch : batches) {
    table.add({batch.batch, batch.at, format_count(batch.in_batch), format_count(batch.in_table),
               format_count(batch.conflicting), batch.file});
  }
  return table.render(style);
}

std::string render_json(const std::vector<DroppedBatch>& batches) {
  Json list = Json::array();
  for (const DroppedBatch& batch : batches) {
    list.push_back({{"batch", batch.batch},
                    {"at", batch.at},
                    {"duplicates_in_batch", batch.in_batch},
                    {"duplicates_in_table", batch.in_table},
                    {"conflicting", batch.conflicting},
                    {"file", batch.file}});
  }
  return document({{"batches", list}, {"error", nullptr}});
}

}  // namespace sluice
