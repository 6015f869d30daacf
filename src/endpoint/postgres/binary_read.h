// COPY ... TO STDOUT (FORMAT binary), decoded into the engine's columns. The format is that of
// PostgreSQL's documentation of COPY: an 11-byte signature, int32 flags, int32 length of a header
// extension; for every row int16 number of fields, each int32 length (-1 is NULL) and bytes; int16
// -1 at the end. The bytes of a field are those of its type's send function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "endpoint/postgres/row_decoder.h"
#include "endpoint/postgres/usual_read.h"
#include "endpoint/postgres/wire.h"

namespace sluice::postgres {

class BinaryDecoder : public RowDecoder {
 public:
  // `table` is for messages. `check_utf8` where the server does not.
  BinaryDecoder(std::string table, const std::vector<WireColumn>& columns, bool check_utf8);

  Result<bool> decode(std::string_view message, std::vector<ColumnWriter>& out,
                      std::size_t row) override;

 private:
  struct Problem;
  struct Field {
    Usual usual = Usual::kNone;
    Wire wire = Wire::kBytes;
    Type type;
    std::vector<Field> parts;  // kArray: the element; kRecord: the fields
  };
  Field field_of(const Type& type, const Coding& coding) const;
  // What decode_usual() has not decoded; says why where there is no such value.
  bool decode_unusual(const Field& field, std::string_view bytes, ColumnWriter& out,
                      std::size_t row, Problem& problem);
  bool decode_number(const Field& field, std::string_view bytes, ColumnWriter& out, std::size_t row,
                     Problem& problem);
  bool decode_numeric(const Type& type, std::string_view bytes, ColumnWriter& out, std::size_t row,
                      Problem& problem);
  bool decode_temporal(Wire wire, std::string_view bytes, ColumnWriter& out, std::size_t row,
                       Problem& problem);
  bool decode_array(const Field& field, std::string_view bytes, ColumnWriter& out, std::size_t row,
                    Problem& problem);
  bool decode_record(const Field& field, std::string_view bytes, ColumnWriter& out, std::size_t row,
                     Problem& problem);
  // A value behind its int32 length, which is taken from `bytes`.
  bool decode_part(const Field& field, std::string_view& bytes, ColumnWriter& out, std::size_t row,
                   Problem& problem);
  std::unexpected<Error> cell_error(std::size_t column, const Problem& problem) const;

  std::string table_;
  std::vector<std::string> names_;  // of the columns
  std::vector<Field> fields_;
  bool check_utf8_;
  bool header_seen_ = false;
  std::string scratch_;
};

}  // namespace sluice::postgres
