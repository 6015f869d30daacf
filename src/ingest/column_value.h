// One value of an input into a column of a table: exactly, or not at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/table_source.h"
#include "format/records/json_object.h"
#include "ingest/zone.h"

namespace sluice::ingest {

class ValueWriter {
 public:
  // `zone`: of times without an offset; null is UTC.
  explicit ValueWriter(const Zone* zone = nullptr) : zone_(zone) {}

  // Writes the cell. Returns: false where the type cannot hold the value as it is; reason() says
  // why, and the cell has no value. Numbers may come as texts and the other way round, where
  // nothing of them changes; doubles take the nearest one of a fraction.
  bool put(ColumnWriter& column, std::size_t row, const records::JsonValue& value);

  const std::string& reason() const { return reason_; }
  // A time without an offset was taken for one of the zone, or one with an offset was put into a
  // column without: as UTC.
  bool assumed_zone() const { return assumed_zone_; }
  // Whether a number was -0.0.
  bool has_minus_zero() const { return has_minus_zero_; }
  bool dropped_offset() const { return dropped_offset_; }

 private:
  bool wrong(std::string_view text, const std::string& why);
  bool put_plain(ColumnWriter& column, std::size_t row, const records::JsonValue& value);
  bool put_boolean(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_integer(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_wide(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_float(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_decimal(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_text(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_date(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_timestamp(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_uuid(ColumnWriter& column, std::size_t row, std::string_view text);
  bool put_list(ColumnWriter& column, std::size_t row, const records::JsonValue& value);
  bool put_struct(ColumnWriter& column, std::size_t row, const records::JsonValue& value);

  const Zone* zone_;
  std::string reason_;
  std::string unescaped_;
  bool assumed_zone_ = false;
  bool has_minus_zero_ = false;
  bool dropped_offset_ = false;
};

// Whether ValueWriter fills columns of this type at all.
bool can_fill(const Type& type);

}  // namespace sluice::ingest
