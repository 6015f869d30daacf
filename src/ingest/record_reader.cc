#include "ingest/record_reader.h"

#include <fmt/format.h>

#include <deque>
#include <set>

#include "base/text.h"
#include "format/records/csv_row.h"

namespace sluice::ingest {

using records::CsvField;
using records::JsonKind;
using records::JsonValue;

namespace {

constexpr std::uint64_t kPartBytes = 4U << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string problem_text(const records::JsonProblem& problem) {
  return fmt::format("is no JSON object: {} at byte {}", problem.what, problem.at);
}

Status skip_mark(Window& window) {
  TRY(window.more());
  if (window.view().starts_with(kByteOrderMark)) window.drop(kByteOrderMark.size());
  return {};
}

class LineReader final : public RecordReader {
 public:
  LineReader(Window window, std::uint64_t end) : window_(std::move(window)), end_(end) {}

  // The line that the part begins within is the part's before.
  Status skip_line() {
    TRY_ASSIGN(const bool any, line());
    if (any) window_.drop(length_);
    length_ = 0;
    return {};
  }
  Status skip_byte_order_mark() { return skip_mark(window_); }

  Result<bool> next(Record& record) override {
    while (true) {
      window_.drop(length_);
      length_ = 0;
      if (window_.position() >= end_) return false;
      TRY_ASSIGN(const bool any, line());
      if (!any) return false;
      record.ordinal = passed_++;
      record.raw = trim(window_.view().substr(0, length_));
      if (record.raw.empty()) continue;
      const auto problem = parser_.parse(record.raw, record.fields);
      record.problem = problem.what == nullptr ? "" : problem_text(problem);
      return true;
    }
  }
  std::uint64_t passed() const override { return passed_; }

 private:
  // Sets length_ to the next line's, with its end.
  Result<bool> line() {
    std::size_t searched = 0;
    while (true) {
      const std::size_t end = window_.view().find('\n', searched);
      if (end != std::string_view::npos) {
        length_ = end + 1;
        return true;
      }
      searched = window_.view().size();
      if (window_.is_complete()) {
        length_ = searched;
        return searched > 0;
      }
      TRY(window_.more());
    }
  }

  Window window_;
  records::ObjectParser parser_;
  std::uint64_t end_;
  std::size_t length_ = 0;  // of the record that the caller has
  std::uint64_t passed_ = 0;
};

class ObjectReader final : public RecordReader {
 public:
  explicit ObjectReader(Window window) : window_(std::move(window)) {}

  Status begin() {
    TRY(skip_mark(window_));
    TRY_ASSIGN(const char first, peek());
    in_array_ = first == '[';
    if (in_array_) window_.drop(1);
    return {};
  }

  Result<bool> next(Record& record) override {
    window_.drop(length_);
    length_ = 0;
    TRY_ASSIGN(char c, peek());
    if (in_array_ && passed_ > 0 && c == ',') {
      window_.drop(1);
      TRY_ASSIGN(c, peek());
    } else if (in_array_ && c == ']') {
      window_.drop(1);
      in_array_ = false;
      TRY_ASSIGN(c, peek());
      if (c != '\0') return fail(broken("something stands behind the array"));
      return false;
    } else if (in_array_ && passed_ > 0) {
      return fail(broken(c == '\0' ? "the array has no end" : "a comma was expected"));
    }
    if (c == '\0' && !in_array_) return false;
    if (c != '{') return fail(broken("an object was expected"));
    TRY(object());
    record.raw = window_.view().substr(0, length_);
    record.ordinal = passed_++;
    const auto problem = parser_.parse(record.raw, record.fields);
    if (problem.what != nullptr) return fail(broken(problem_text(problem)));
    record.problem.clear();
    return true;
  }
  std::uint64_t passed() const override { return passed_; }

 private:
  Error broken(const std::string& why) const {
    return {ErrorKind::kCorrupt, fmt::format("object {}: {}", passed_ + 1, why)};
  }

  // The next byte that is no blank, left in view; NUL at the end.
  Result<char> peek() {
    while (true) {
      const std::size_t at = window_.view().find_first_not_of(" \t\r\n");
      if (at != std::string_view::npos) {
        window_.drop(at);
        return window_.view().front();
      }
      window_.drop(window_.view().size());
      if (window_.is_complete()) return '\0';
      TRY(window_.more());
    }
  }

  Status object() {
    while (true) {
      length_ = records::object_length(window_.view());
      if (length_ > 0) return {};
      if (window_.is_complete()) return fail(broken("it has no end"));
      TRY(window_.more());
    }
  }

  Window window_;
  records::ObjectParser parser_;
  bool in_array_ = false;
  std::size_t length_ = 0;
  std::uint64_t passed_ = 0;
};

class CsvReader final : public RecordReader {
 public:
  explicit CsvReader(Window window) : window_(std::move(window)) {}

  Status begin() {
    TRY(skip_mark(window_));
    std::string_view head = window_.view();
    separator_ = records::separator_of(head.substr(0, head.find('\n')));
    TRY_ASSIGN(const bool any, row());
    std::set<std::string> seen;
    for (const CsvField& field : cells_) {
      if (!any) break;
      const std::string name =
          field.is_doubled ? records::undouble(field.text) : std::string(trim(field.text));
      if (!seen.insert(to_lower(name)).second) {
        return fail(ErrorKind::kCorrupt, fmt::format("column \"{}\" stands twice", name));
      }
      names_.push_back(name);
    }
    return {};
  }

  Result<bool> next(Record& record) override {
    while (true) {
      TRY_ASSIGN(const bool any, row());
      if (!any) return false;
      record.ordinal = first_line_;
      record.raw = window_.view().substr(0, row_.length);
      while (record.raw.ends_with('\n') || record.raw.ends_with('\r')) record.raw.remove_suffix(1);
      const bool is_blank = cells_.size() == 1 && record.raw.empty();
      if (is_blank) continue;
      record.problem.clear();
      if (row_.what != nullptr) record.problem = row_.what;
      if (record.problem.empty() && cells_.size() != names_.size()) {
        record.problem =
            fmt::format("has {} fields, the header has {}", cells_.size(), names_.size());
      }
      fill(record);
      return true;
    }
  }
  std::uint64_t passed() const override { return lines_; }

 private:
  void fill(Record& record) {
    record.fields.clear();
    undoubled_.clear();
    if (!record.problem.empty()) return;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const CsvField& cell = cells_[i];
      std::string_view text = cell.text;
      if (cell.is_doubled) text = undoubled_.emplace_back(records::undouble(text));
      const bool is_null = text.empty() && !cell.is_quoted;
      record.fields.push_back({{JsonKind::kString, names_[i], false},
                               {is_null ? JsonKind::kNull : JsonKind::kNumber, text, false},
                               static_cast<std::uint32_t>(i + 1)});
    }
  }

  // Drops the row before and takes the next one apart.
  Result<bool> row() {
    window_.drop(row_.length);
    while (true) {
      row_ = parse_csv_row(window_.view(), separator_, window_.is_complete(), cells_);
      if (row_.length > 0) break;
      if (window_.is_complete()) {
        if (window_.view().empty()) return false;
        return fail(ErrorKind::kCorrupt, fmt::format("line {}: {}", lines_ + 1, row_.what));
      }
      TRY(window_.more());
    }
    first_line_ = lines_;
    lines_ += row_.lines;
    return true;
  }

  Window window_;
  char separator_ = ',';
  std::vector<std::string> names_;
  std::vector<CsvField> cells_;
  std::deque<std::string> undoubled_;
  records::CsvRow row_;
  std::uint64_t lines_ = 0;
  std::uint64_t first_line_ = 0;
};

}  // namespace

Result<std::unique_ptr<RecordReader>> open_records(const Input& input, const InputPart& part) {
  const std::uint64_t begin = part.begin == 0 ? 0 : part.begin - 1;
  TRY_ASSIGN(auto bytes, open_bytes(input.path, input.is_gzip, begin));
  Window window(std::move(bytes), begin);
  if (input.shape == InputShape::kLines) {
    auto reader = std::make_unique<LineReader>(std::move(window), part.end);
    TRY(part.begin > 0 ? reader->skip_line() : reader->skip_byte_order_mark());
    return reader;
  }
  if (input.shape == InputShape::kObjects) {
    auto reader = std::make_unique<ObjectReader>(std::move(window));
    TRY(reader->begin());
    return reader;
  }
  auto reader = std::make_unique<CsvReader>(std::move(window));
  TRY(reader->begin());
  return reader;
}

std::vector<InputPart> parts_of(const Input& input, std::size_t index) {
  if (input.is_gzip || input.shape != InputShape::kLines || input.bytes <= kPartBytes) {
    return {{.input = index}};
  }
  std::vector<InputPart> parts;
  for (std::uint64_t begin = 0; begin < input.bytes; begin += kPartBytes) {
    parts.push_back({index, begin, begin + kPartBytes});
  }
  return parts;
}

}  // namespace sluice::ingest
