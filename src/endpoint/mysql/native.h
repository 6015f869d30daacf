// Columns as information_schema has them, the types in which sluice reads them, and how each
// travels out of the server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/mysql/connection.h"
#include "model/type.h"

namespace sluice::mysql {

struct NativeColumn {
  std::string name;
  std::string data_type;    // "varchar", lower case
  std::string column_type;  // "varchar(20)", "int(10) unsigned"
  std::string collation;    // "" where there is none
  int length = 0;           // in characters; 0 where there is none
  int precision = 0;        // of a number or a bit string
  int scale = 0;
  int fraction = 0;  // digits of a second
  bool is_unsigned = false;
  bool is_json = false;  // MariaDB: longtext with CHECK (json_valid(...))
};

// Row `row` of columns.sql.
NativeColumn native_column(const Rows& rows, int row);

// The type in which sluice reads such a column.
Type type_of(const NativeColumn& native);
// Whether a column that is declared just so takes the values of type_of() in the form in which they
// are written anyway: datetime(3), mediumtext.
bool is_declared_alike(const NativeColumn& native);

// enum('a','it''s') to its labels.
std::vector<std::string> labels_of(std::string_view column_type);

enum class Wire : std::uint8_t {
  kInteger,
  kFloat,
  kDouble,
  kDecimal,
  kText,  // UTF-8
  kBytes,
  kDate,
  kDateTime,
  kTime,
  kBit,
  kUuid,
};

struct ReadColumn {
  std::string name;
  Type type;  // as asked for
  Wire wire = Wire::kText;
  bool is_unsigned = false;   // kInteger
  int bits = 0;               // kBit
  std::string select_sql;     // for the binary protocol
  std::string text_sql;       // for the text protocol: what delivered_sql() casts
  std::string delivered_sql;  // an engine expression over the text under the column's name
};

// Errors: kInvalid where a column cannot be read in the type that is asked for.
Result<ReadColumn> plan_read(const NativeColumn& column, const Type& asked,
                             const std::string& table);

}  // namespace sluice::mysql
