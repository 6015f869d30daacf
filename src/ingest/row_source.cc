#include "ingest/row_source.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "base/text.h"
#include "ingest/column_value.h"

namespace sluice::ingest {

using records::JsonField;
using records::JsonKind;

class RowSource::Reader final : public PartitionReader {
 public:
  Reader(RowSource& source, std::size_t part, std::unique_ptr<RecordReader> records)
      : source_(source), part_(part), records_(std::move(records)) {
    for (const PlannedColumn& column : source.plan_) {
      values_.emplace_back(column.zone ? &*column.zone : nullptr);
    }
    is_set_.resize(source.plan_.size());
    is_csv_ = source.inputs_[source.parts_[part].input].shape == InputShape::kCsv;
  }

  Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
    std::size_t rows = 0;
    while (rows < rows_max && !ended_) {
      const Result<bool> any = records_->next(record_);
      if (!any && any.error().kind != ErrorKind::kCorrupt) return fail(any.error());
      if (!any || !*any) {
        end(any ? "" : any.error().message);
        break;
      }
      put(columns, rows++);
    }
    set_no_reasons(columns, rows);
    without_reason_ = 0;
    if (source_.rows_done_ != nullptr) *source_.rows_done_ += rows;
    return rows;
  }

 private:
  void end(const std::string& broken) {
    ended_ = true;
    ScanFindings& findings = source_.findings_;
    const std::lock_guard lock(findings.mutex);
    if (!broken.empty()) findings.broken[source_.parts_[part_].input] = broken;
    findings.passed[part_] = records_->passed();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].has_minus_zero()) findings.has_minus_zero = true;
      if (values_[i].assumed_zone()) findings.assumed_zone.insert(i);
      if (values_[i].dropped_offset()) findings.dropped_offset.insert(i);
    }
    findings.unknown_fields.insert(unknown_.begin(), unknown_.end());
  }

  void put(std::vector<ColumnWriter>& columns, std::size_t row) {
    const std::size_t planned = source_.plan_.size();
    columns[planned].data<std::int64_t>()[row] =
        static_cast<std::int64_t>(part_ << kOrdinalBits | record_.ordinal);
    reason_ = record_.problem;
    std::fill(is_set_.begin(), is_set_.end(), 0);
    if (reason_.empty()) put_fields(columns, row, record_.fields, *source_.tree_, 0);
    for (std::size_t i = 0; i < planned && reason_.empty(); ++i) {
      if (is_set_[i] || !source_.is_required_[i]) continue;
      reason_ = fmt::format("column \"{}\" has no value", source_.plan_[i].name);
    }
    columns[planned + 1].data<std::uint64_t>()[row] = hash_of_record();
    const bool is_rejected = !reason_.empty();
    for (std::size_t i = 0; i < planned; ++i) {
      if (is_rejected || !is_set_[i]) columns[i].set_null(row);
    }
    if (!is_rejected) return;
    ++source_.findings_.rejected;
    set_no_reasons(columns, row);
    without_reason_ = row + 1;
    columns[planned + 2].set_text(row, reason_);
    if (is_valid_utf8(record_.raw)) {
      columns[planned + 3].set_text(row, record_.raw);
    } else {
      columns[planned + 3].set_text(row, "hex:" + hex(record_.raw.data(), record_.raw.size()));
    }
  }

  // Of the rows since the last that was rejected.
  void set_no_reasons(std::vector<ColumnWriter>& columns, std::size_t end) const {
    const std::size_t planned = source_.plan_.size();
    columns[planned + 2].set_nulls(without_reason_, end);
    columns[planned + 3].set_nulls(without_reason_, end);
  }

  // Equal only for records that give the same row. The text of one does, among records of one
  // kind; lines of CSV files mean what the header of their own says.
  std::uint64_t hash_of_record() const {
    const std::uint64_t seed = is_csv_ ? source_.parts_[part_].input + 1 : 0;
    return XXH3_64bits_withSeed(record_.raw.data(), record_.raw.size(), seed);
  }

  // The fields of most inputs come in one order: the node of a place is tried first.
  const FieldNode* node_of(const FieldNode& parent, const JsonField& field, std::size_t place,
                           std::size_t depth) {
    if (depth > 0) return parent.find(plain_name(field));
    if (guesses_.size() <= place) guesses_.resize(place + 1);
    Guess& guess = guesses_[place];
    if (guess.name_id == 0 || guess.name_id != field.name_id) {
      guess = {field.name_id, parent.find(plain_name(field))};
    }
    return guess.node;
  }

  std::string_view plain_name(const JsonField& field) {
    if (!field.name.is_escaped) return field.name.text;
    name_.clear();
    records::unescape(field.name.text, name_);
    return name_;
  }

  void put_fields(std::vector<ColumnWriter>& columns, std::size_t row,
                  const std::vector<JsonField>& fields, const FieldNode& parent,
                  std::size_t depth) {
    for (std::size_t i = 0; i < fields.size() && reason_.empty(); ++i) {
      const JsonField& field = fields[i];
      const FieldNode* const node = node_of(parent, field, i, depth);
      if (node == nullptr) {
        if (unknown_.size() < kUnknownFieldsMax) unknown_.emplace(plain_name(field));
        continue;
      }
      if (!node->fields.empty() && field.value.kind == JsonKind::kObject) {
        std::vector<JsonField> inner;
        parse_object(field.value.text, inner);
        put_fields(columns, row, inner, *node, depth + 1);
      }
      if (node->column >= 0) put_value(columns, row, field, static_cast<std::size_t>(node->column));
    }
  }

  void put_value(std::vector<ColumnWriter>& columns, std::size_t row, const JsonField& field,
                 std::size_t column) {
    if (is_set_[column]) {
      reason_ = fmt::format("column \"{}\" stands twice", source_.plan_[column].name);
      return;
    }
    if (field.value.kind == JsonKind::kNull) return;
    if (is_csv_ && field.value.text.empty() && source_.plan_[column].type.kind != TypeKind::kText) {
      return;  // only texts can be empty
    }
    if (values_[column].put(columns[column], row, field.value)) {
      is_set_[column] = 1;
      return;
    }
    reason_ =
        fmt::format("column \"{}\": {}", source_.plan_[column].name, values_[column].reason());
  }

  struct Guess {
    std::uint32_t name_id = 0;
    const FieldNode* node = nullptr;
  };

  RowSource& source_;
  std::size_t part_;
  std::unique_ptr<RecordReader> records_;
  Record record_;
  std::vector<ValueWriter> values_;
  std::vector<char> is_set_;
  std::vector<Guess> guesses_;
  std::set<std::string> unknown_;
  std::string name_;  // unescaped
  std::string reason_;
  std::size_t without_reason_ = 0;  // the first row of which it is not written that it has none
  bool is_csv_;
  bool ended_ = false;
};

RowSource::RowSource(const std::vector<Input>& inputs, const ColumnPlan& plan,
                     const std::vector<std::string>& key, std::atomic<std::uint64_t>* rows_done)
    : inputs_(inputs), plan_(plan), tree_(field_tree(plan)), rows_done_(rows_done) {
  for (const PlannedColumn& column : plan) {
    columns_.push_back({column.name, column.type});
    const bool is_key = std::any_of(key.begin(), key.end(), [&](const std::string& name) {
      return to_lower(name) == to_lower(column.name);
    });
    is_required_.push_back(is_key || !column.nullable);
  }
  columns_.push_back({"sluice_at", simple_type(TypeKind::kInt64)});
  columns_.push_back({"sluice_hash", simple_type(TypeKind::kUInt64)});
  columns_.push_back({"sluice_reason", simple_type(TypeKind::kText)});
  columns_.push_back({"sluice_raw", simple_type(TypeKind::kText)});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].broken.empty()) continue;
    for (const InputPart& part : parts_of(inputs[i], i)) parts_.push_back(part);
  }
}

std::uint64_t RowSource::bytes_estimate() const {
  static constexpr std::uint64_t kOfPacked = 8;  // about what gzip makes of records
  std::uint64_t bytes = 0;
  for (const Input& input : inputs_) bytes += input.bytes * (input.is_gzip ? kOfPacked : 1);
  return bytes;
}

Result<std::unique_ptr<PartitionReader>> RowSource::open(
    std::size_t partition, const std::vector<std::size_t>& projection) {
  if (projection.size() != columns_.size()) {
    return fail(ErrorKind::kInternal, "inputs are read with all of their columns");
  }
  const InputPart& part = parts_[partition];
  auto records = open_records(inputs_[part.input], part);
  if (records) return std::make_unique<Reader>(*this, partition, std::move(*records));
  if (records.error().kind != ErrorKind::kCorrupt) return fail(records.error());

  class Nothing final : public PartitionReader {
   public:
    Result<std::size_t> read(std::vector<ColumnWriter>&, std::size_t) override {
      return std::size_t{0};
    }
  };
  const std::lock_guard lock(findings_.mutex);
  findings_.broken[part.input] = records.error().message;
  return std::make_unique<Nothing>();
}

}  // namespace sluice::ingest
