#include "cli/row_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "report/text_table.h"

namespace sluice {
namespace {

// A double holds every decimal of so many digits, so that reading and printing it gives them back.
constexpr std::size_t kExactDigitsMax = 15;
constexpr std::size_t kMeasuredRows = 1000;

std::string json_text(std::string_view text) {
  // Text that is no UTF-8 cannot stand in JSON: its bytes are replaced rather than the query
  // failed.
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::size_t significant_digits(std::string_view number) {
  std::size_t digits = 0;
  for (const char c : number.substr(0, number.find_first_of("eE"))) {
    if (c < '0' || c > '9' || (digits == 0 && c == '0')) continue;
    ++digits;
  }
  return digits;
}

// The grammar of JSON's numbers: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - begin;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const std::size_t begin = i;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[begin] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

bool is_float(TypeKind kind) { return kind == TypeKind::kFloat32 || kind == TypeKind::kFloat64; }

bool is_number(TypeKind kind) {
  return is_integer(kind) || is_float(kind) || kind == TypeKind::kDecimal ||
         kind == TypeKind::kNumeric || kind == TypeKind::kBigInt;
}

// JSON objects cannot hold a name twice: a, a_2, a_3.
std::vector<std::string> distinct_names(const std::vector<QueryColumn>& columns) {
  std::set<std::string> taken;
  for (const QueryColumn& column : columns) taken.insert(column.name);
  std::set<std::string> used;
  std::vector<std::string> names;
  for (const QueryColumn& column : columns) {
    std::string name = column.name;
    for (int n = 2; used.contains(name); ++n) {
      const std::string other = fmt::format("{}_{}", column.name, n);
      if (!taken.contains(other)) name = other;
    }
    used.insert(name);
    names.push_back(name);
  }
  return names;
}

class TablePrinter : public RowPrinter {
 public:
  explicit TablePrinter(Output& output) : output_(output) {}
  Status begin(const std::vector<QueryColumn>& columns) override {
    for (const QueryColumn& column : columns) {
      header_.push_back(printable(column.name));
      widths_.push_back(screen_width(header_.back()));
      right_.push_back(is_number(column.type.kind));
    }
    return {};
  }
  Status row(const Cells& cells) override {
    std::vector<std::string> texts;
    for (const auto& cell : cells) texts.push_back(cell ? printable(*cell) : "NULL");
    ++rows_;
    if (measured_) return output_.write(line(texts));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      widths_[i] = std::max(widths_[i], screen_width(texts[i]));
    }
    waiting_.push_back(std::move(texts));
    return waiting_.size() < kMeasuredRows ? Status{} : flush();
  }
  Status end() override {
    if (!measured_) TRY(flush());
    return output_.write(fmt::format("({} row{})\n", format_count(rows_), rows_ == 1 ? "" : "s"));
  }

 private:
  std::string line(const std::vector<std::string>& cells) const {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::size_t width = screen_width(cells[i]);
      const std::string padding(widths_[i] > width ? widths_[i] - width : 0, ' ');
      if (i > 0) out += "  ";
      out += right_[i] ? padding + cells[i] : cells[i] + padding;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  }
  Status flush() {
    measured_ = true;
    std::vector<std::string> rules;
    for (const std::size_t width : widths_) rules.emplace_back(width, '-');
    TRY(output_.write(line(header_) + line(rules)));
    for (const auto& row : waiting_) TRY(output_.write(line(row)));
    waiting_.clear();
    return {};
  }

  Output& output_;
  std::vector<std::string> header_;
  std::vector<std::size_t> widths_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> waiting_;  // until the columns' widths are known
  bool measured_ = false;
  std::uint64_t rows_ = 0;
};

class CsvPrinter : public RowPrinter {
 public:
  explicit CsvPrinter(Output& output) : output_(output) {}
  Status begin(const std::vector<QueryColumn>& columns) override {
    std::vector<std::string> names;
    for (const QueryColumn& column : columns) names.push_back(csv_cell(column.name));
    return output_.write(join(names, ",") + "\n");
  }
  Status row(const Cells& cells) override {
    std::vector<std::string> fields;
    for (const auto& cell : cells) fields.push_back(csv_cell(cell));
    return output_.write(join(fields, ",") + "\n");
  }
  Status end() override { return {}; }

 private:
  Output& output_;
};

class JsonPrinter : public RowPrinter {
 public:
  explicit JsonPrinter(Output& output) : output_(output) {}
  Status begin(const std::vector<QueryColumn>& columns) override {
    for (const std::string& name : distinct_names(columns)) names_.push_back(json_text(name));
    for (const QueryColumn& column : columns) types_.push_back(column.type);
    return {};
  }
  Status row(const Cells& cells) override {
    std::string line = first_ ? "[\n{" : ",\n{";
    first_ = false;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line +=
          fmt::format("{}{}: {}", i == 0 ? "" : ", ", names_[i], json_cell(types_[i], cells[i]));
    }
    return spool_.write(line + "}");
  }
  Status end() override {
    TRY(spool_.write(first_ ? "[]\n" : "\n]\n"));
    return spool_.copy_to(output_);
  }

 private:
  Output& output_;
  Spool spool_;
  std::vector<std::string> names_;
  std::vector<Type> types_;
  bool first_ = true;
};

}  // namespace

std::string json_cell(const Type& type, const std::optional<std::string>& cell) {
  if (!cell) return "null";
  if (is_nested(type.kind)) return *cell;  // JSON already
  if (type.kind == TypeKind::kBoolean && (*cell == "true" || *cell == "false")) return *cell;
  if (!is_number(type.kind) || !is_json_number(*cell)) return json_text(*cell);
  // A float's text is what reads back as that float; other numbers are exact up to some digits.
  if (is_float(type.kind) || significant_digits(*cell) <= kExactDigitsMax) return *cell;
  return json_text(*cell);
}

std::string csv_cell(const std::optional<std::string>& cell) {
  if (!cell) return "";
  if (!cell->empty() && cell->find_first_of(",\"\r\n") == std::string::npos) return *cell;
  return "\"" + replace_all(*cell, "\"", "\"\"") + "\"";
}

std::unique_ptr<RowPrinter> make_row_printer(const std::string& format, Output& output) {
  if (format == "json") return std::make_unique<JsonPrinter>(output);
  if (format == "csv") return std::make_unique<CsvPrinter>(output);
  return std::make_unique<TablePrinter>(output);
}

}  // namespace sluice
