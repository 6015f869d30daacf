#include <duckdb.h>

#include <algorithm>

#include "engine/table_source.h"
#include "model/batch.h"

namespace sluice {

ColumnWriter::ColumnWriter(void* vector, const Type* type) : vector_(vector), type_(type) {
  auto* duck = static_cast<duckdb_vector>(vector);
  if (type->kind == TypeKind::kList) {
    parts_.emplace_back(duckdb_list_vector_get_child(duck), &type->children.at(0));
  }
  if (type->kind == TypeKind::kStruct) {
    for (std::size_t i = 0; i < type->children.size(); ++i) {
      parts_.emplace_back(duckdb_struct_vector_get_child(duck, i), &type->children[i]);
    }
  }
  locate();
}

void ColumnWriter::locate() {
  auto* duck = static_cast<duckdb_vector>(vector_);
  const bool has_data = type_->kind != TypeKind::kArray && type_->kind != TypeKind::kStruct;
  if (has_data) data_ = duckdb_vector_get_data(duck);
  if (validity_ != nullptr) validity_ = duckdb_vector_get_validity(duck);
  if (type_->kind != TypeKind::kStruct) return;
  for (ColumnWriter& part : parts_) part.locate();
}

void ColumnWriter::make_nullable() {
  if (validity_ != nullptr) return;
  auto* duck = static_cast<duckdb_vector>(vector_);
  duckdb_vector_ensure_validity_writable(duck);
  validity_ = duckdb_vector_get_validity(duck);
}

void ColumnWriter::set_nulls(std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  make_nullable();
  for (std::size_t row = begin; row < end;) {
    const std::size_t bit = row % 64;
    const std::size_t bits = std::min(64 - bit, end - row);
    const std::uint64_t ones = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    validity_[row / 64] &= ~(ones << bit);
    row += bits;
  }
}

void ColumnWriter::set_null(std::size_t row) {
  make_nullable();
  validity_[row / 64] &= ~(std::uint64_t{1} << row % 64);
  if (type_->kind != TypeKind::kStruct) return;
  for (ColumnWriter& part : parts_) part.set_null(row);
}

void ColumnWriter::set_text(std::size_t row, std::string_view text) {
  // A short text is its own cell, padded with zeros, and needs no room elsewhere.
  if (text.size() <= sizeof(TextCell::bytes)) {
    TextCell cell{static_cast<std::uint32_t>(text.size()), {}};
    if (!text.empty()) std::memcpy(cell.bytes, text.data(), text.size());
    data<TextCell>()[row] = cell;
    return;
  }
  // The caller has checked UTF-8 where the type needs it, so the unchecked form is right here.
  duckdb_unsafe_vector_assign_string_element_len(static_cast<duckdb_vector>(vector_), row,
                                                 text.data(), text.size());
}

void ColumnWriter::set_decimal(std::size_t row, __int128 unscaled) {
  const int precision = type_->precision;
  if (precision <= 4) {
    data<std::int16_t>()[row] = static_cast<std::int16_t>(unscaled);
  } else if (precision <= 9) {
    data<std::int32_t>()[row] = static_cast<std::int32_t>(unscaled);
  } else if (precision <= 18) {
    data<std::int64_t>()[row] = static_cast<std::int64_t>(unscaled);
  } else {
    data<Int128Cell>()[row] = {static_cast<std::uint64_t>(unscaled),
                               static_cast<std::int64_t>(unscaled >> 64)};
  }
}

std::uint64_t ColumnWriter::add_list(std::size_t row, std::uint64_t length) {
  auto* duck = static_cast<duckdb_vector>(vector_);
  const std::uint64_t offset = list_size_;
  list_size_ += length;
  duckdb_list_vector_reserve(duck, list_size_);
  duckdb_list_vector_set_size(duck, list_size_);
  data<ListCell>()[row] = {offset, length};
  parts_.front().locate();
  return offset;
}

}  // namespace sluice
