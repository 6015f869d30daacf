#include "ingest/input.h"

#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "format/records/json_object.h"
#include "ingest/byte_source.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kSampleBytes = 64U << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Result<std::string> sample_of(const Input& input) {
  TRY_ASSIGN(auto bytes, open_bytes(input.path, input.is_gzip, 0));
  std::string sample(kSampleBytes, '\0');
  std::size_t size = 0;
  while (size < sample.size()) {
    TRY_ASSIGN(const std::size_t got, bytes->read(sample.data() + size, sample.size() - size));
    if (got == 0) break;
    size += got;
  }
  sample.resize(size);
  return sample;
}

bool is_object(std::string_view line) {
  std::vector<records::JsonField> fields;
  return parse_object(line, fields).what == nullptr;
}

// Of a text that begins with an object, or with something that is no JSON.
std::optional<InputShape> shape_of_objects(std::string_view sample) {
  int seen = 0;
  bool first_is_open = false;
  const std::vector<std::string> lines = split(sample, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trim(lines[i]);
    if (line.empty()) continue;
    ++seen;
    // An object that goes on over lines may have others on one line behind it.
    if (first_is_open && seen > 2) break;
    if (is_object(line)) return InputShape::kLines;
    if (seen == 1) first_is_open = line.starts_with('{') && records::object_length(line) == 0;
  }
  if (first_is_open) return InputShape::kObjects;
  if (trim(sample).starts_with('{')) return InputShape::kLines;
  return std::nullopt;
}

InputFormat format_of_name(const std::string& name) {
  std::string lower = to_lower(name.substr(0, name.find('?')));
  if (lower.ends_with(".gz")) lower.resize(lower.size() - 3);
  for (const char* const ending : {".csv", ".tsv"}) {
    if (lower.ends_with(ending)) return InputFormat::kCsv;
  }
  for (const char* const ending : {".json", ".jsonl", ".ndjson"}) {
    if (lower.ends_with(ending)) return InputFormat::kJson;
  }
  return InputFormat::kUnknown;
}

}  // namespace

Status look_at(Input& input, InputFormat format) {
  TRY_ASSIGN(input.is_gzip, is_gzip_file(input.path));
  const auto sample = sample_of(input);
  if (!sample) {
    if (sample.error().kind != ErrorKind::kCorrupt) return fail(sample.error());
    input.broken = sample.error().message;
    return {};
  }
  std::string_view text = *sample;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  text = trim(text);
  if (format == InputFormat::kUnknown) format = format_of_name(input.name);
  const bool looks_json = text.starts_with('{') || text.starts_with('[');
  if (format == InputFormat::kCsv || (format == InputFormat::kUnknown && !looks_json)) {
    input.shape = InputShape::kCsv;
    if (text.contains('\0')) input.broken = "is no text";
    return {};
  }
  if (text.empty()) return {};
  if (text.starts_with('[')) {
    input.shape = InputShape::kObjects;
    return {};
  }
  if (const auto shape = shape_of_objects(text)) {
    input.shape = *shape;
    return {};
  }
  const std::string head(text.substr(0, 20));
  input.broken =
      fmt::format("is no JSON: it begins with \"{}\"", is_valid_utf8(head) ? head : "(bytes)");
  return {};
}

}  // namespace sluice::ingest
