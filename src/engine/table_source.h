// What SQL can scan that DuckDB does not know: an endpoint implements TableSource, registers it
// with Engine::add_source and writes the returned relation into its SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/type.h"

namespace sluice {

struct SourceColumn {
  std::string name;
  Type type;
};

// One column of a batch under construction. Cells are written in any order, each at most once; a
// cell that is not written has no defined value. Layouts: model/batch.h.
class ColumnWriter {
 public:
  ColumnWriter() = default;
  ColumnWriter(void* vector, const Type* type);

  template <typename T>
  T* data() {
    return static_cast<T*>(data_);
  }
  const Type& type() const { return *type_; }
  // Of a struct: its fields' cells are NULL too.
  void set_null(std::size_t row);
  // As set_null() of each row from `begin` to before `end`. Requires: the type has no parts.
  void set_nulls(std::size_t begin, std::size_t end);
  // kText, kBlob, kJson, kNumeric, kGeometry, kBit (the engine's bytes): copies the bytes.
  void set_text(std::size_t row, std::string_view text);
  // kDecimal: stores by the precision's width. Requires: the value fits.
  void set_decimal(std::size_t row, __int128 unscaled);
  // kList: makes room for `length` more elements, sets the cell, returns the first one's index in
  // element().
  std::uint64_t add_list(std::size_t row, std::uint64_t length);
  ColumnWriter& element() { return parts_.front(); }
  // kStruct: a field has a cell in each row.
  ColumnWriter& field(std::size_t index) { return parts_[index]; }

 private:
  void make_nullable();
  // Where the engine's arrays are, after they may have moved.
  void locate();

  void* vector_ = nullptr;
  void* data_ = nullptr;
  std::uint64_t* validity_ = nullptr;
  const Type* type_ = nullptr;
  std::uint64_t list_size_ = 0;
  std::vector<ColumnWriter> parts_;  // a list's element, a struct's fields
};

// Reads one partition.
class PartitionReader {
 public:
  virtual ~PartitionReader() = default;
  // Fills up to `rows_max` rows; columns are the projected ones, in their order.
  // Returns: the number of rows; 0 is the end.
  virtual Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) = 0;
};

// A table that can be scanned in partitions, each by one thread at a time. The methods may be
// called from several threads at once.
class TableSource {
 public:
  virtual ~TableSource() = default;
  virtual const std::vector<SourceColumn>& columns() const = 0;
  virtual std::size_t partitions() const { return 1; }
  // 0 where it is not known.
  virtual std::uint64_t rows_estimate() const { return 0; }
  // `projection`: indexes into columns(); it may be empty, then only rows are counted.
  virtual Result<std::unique_ptr<PartitionReader>> open(
      std::size_t partition, const std::vector<std::size_t>& projection) = 0;
};

}  // namespace sluice
