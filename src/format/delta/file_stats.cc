#include "format/delta/file_stats.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "model/temporal_text.h"

namespace sluice::delta {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kStringPrefixMin = 32;  // characters at which writers begin to cut
constexpr std::int64_t kMicrosPerMilli = 1000;

std::optional<element> find(const object& fields, const std::vector<std::string>& path) {
  object at = fields;
  for (std::size_t i = 0; i < path.size(); ++i) {
    element value;
    if (at[path[i]].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
    if (i + 1 == path.size()) return value;
    if (value.get(at) != simdjson::SUCCESS) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> text_of(const std::optional<element>& value) {
  if (!value) return std::nullopt;
  if (value->is_string()) return std::string(std::string_view(*value));
  return simdjson::minify(*value);
}

std::size_t characters(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

// A time of whole milliseconds stands for all of that millisecond.
void widen_time(const Type& type, ColumnStats& stats) {
  stats.min_is_exact = stats.max_is_exact = false;
  if (!stats.max) return;
  const bool is_instant = type.kind == TypeKind::kTimestampTz;
  auto micros =
      is_instant ? parse_timestamptz_micros(*stats.max) : parse_timestamp_micros(*stats.max);
  if (!micros) {
    stats.max.reset();
    return;
  }
  if (*micros % kMicrosPerMilli == 0) *micros += kMicrosPerMilli - 1;
  stats.max = is_instant ? timestamptz_text(*micros) : timestamp_text(*micros, 1'000'000);
}

void settle_exactness(const Type& type, bool is_tight, ColumnStats& stats) {
  stats.min_is_exact = stats.min && is_tight;
  stats.max_is_exact = stats.max && is_tight;
  switch (type.kind) {
    case TypeKind::kText:
      if (stats.min && characters(*stats.min) >= kStringPrefixMin) stats.min_is_exact = false;
      if (stats.max && characters(*stats.max) >= kStringPrefixMin) stats.max_is_exact = false;
      return;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return widen_time(type, stats);
    default:
      return;
  }
}

class StatsReader {
 public:
  StatsReader(const object& document, FileStats& out) : out_(out) {
    std::uint64_t rows = 0;
    if (document["numRecords"].get(rows) == simdjson::SUCCESS) out_.rows = rows;
    bool is_tight = true;
    if (document["tightBounds"].get(is_tight) == simdjson::SUCCESS) is_tight_ = is_tight;
    has_min_ = document["minValues"].get(min_) == simdjson::SUCCESS;
    has_max_ = document["maxValues"].get(max_) == simdjson::SUCCESS;
    has_nulls_ = document["nullCount"].get(nulls_) == simdjson::SUCCESS;
  }

  void read(const Field& field, std::vector<std::string> path) {
    path.push_back(field.physical_name);
    if (field.type.kind == TypeKind::kStruct) {
      for (const Field& part : field.parts) read(part, path);
      return;
    }
    if (is_nested(field.type.kind)) return;
    ColumnStats& stats = out_.columns.emplace_back();
    if (has_min_) stats.min = text_of(find(min_, path));
    if (has_max_) stats.max = text_of(find(max_, path));
    if (has_nulls_) read_nulls(find(nulls_, path), stats);
    stats.path = std::move(path);
    settle_exactness(field.type, is_tight_, stats);
  }

 private:
  // Of wide statistics only two numbers mean something: none, and as many as there are rows.
  void read_nulls(const std::optional<element>& value, ColumnStats& stats) const {
    std::uint64_t count = 0;
    if (!value || value->get(count) != simdjson::SUCCESS) return;
    stats.all_null = out_.rows && count == *out_.rows;
    if (is_tight_ || count == 0 || stats.all_null) stats.nulls = count;
  }

  FileStats& out_;
  bool is_tight_ = true;
  bool has_min_ = false;
  bool has_max_ = false;
  bool has_nulls_ = false;
  object min_;
  object max_;
  object nulls_;
};

}  // namespace

std::optional<std::uint64_t> rows_of(const AddFile& file) {
  if (file.stats.empty()) return std::nullopt;
  simdjson::dom::parser parser;
  std::uint64_t rows = 0;
  if (parser.parse(file.stats)["numRecords"].get(rows) != simdjson::SUCCESS) return std::nullopt;
  return rows;
}

Result<FileStats> parse_stats(const AddFile& file, const TableSchema& schema) {
  FileStats out;
  if (file.stats.empty()) return out;
  simdjson::dom::parser parser;
  object document;
  if (const auto error = parser.parse(file.stats).get(document); error != simdjson::SUCCESS) {
    return fail(Error(ErrorKind::kCorrupt, fmt::format("file {}: its statistics: {}", file.path,
                                                       simdjson::error_message(error)))
                    .about(file.path));
  }
  StatsReader reader(document, out);
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    if (!schema.is_partition(i)) reader.read(schema.columns[i], {});
  }
  return out;
}

}  // namespace sluice::delta
