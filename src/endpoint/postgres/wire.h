// How one column travels out of PostgreSQL: what is selected, and the binary form that comes back.
// The form follows from the column's own type and from the type in which it is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/type.h"

namespace sluice::postgres {

// Object identifiers of pg_type.dat. They never change.
enum TypeOid : std::uint32_t {
  kOidBool = 16,
  kOidBytea = 17,
  kOidChar = 18,
  kOidName = 19,
  kOidInt8 = 20,
  kOidInt2 = 21,
  kOidInt4 = 23,
  kOidText = 25,
  kOidOid = 26,
  kOidJson = 114,
  kOidFloat4 = 700,
  kOidFloat8 = 701,
  kOidBpchar = 1042,
  kOidVarchar = 1043,
  kOidDate = 1082,
  kOidTime = 1083,
  kOidTimestamp = 1114,
  kOidTimestampTz = 1184,
  kOidInterval = 1186,
  kOidTimeTz = 1266,
  kOidBit = 1560,
  kOidVarbit = 1562,
  kOidNumeric = 1700,
  kOidUuid = 2950,
  kOidJsonb = 3802,
};

// A column's type as pg_attribute has it, domains replaced by what they are made of.
struct NativeType {
  std::uint32_t oid = 0;  // of the element where is_array
  std::int32_t typmod = -1;
  bool is_array = false;
  bool is_enum = false;  // of the element where is_array
  std::vector<std::string> labels;
  std::string name;  // format_type()'s spelling, of the whole
};

struct NativeColumn {
  std::string name;
  NativeType type;
};

// The type in which sluice reads such a column.
Type type_of(const NativeType& native);

enum class Wire : std::uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kOid,
  kFloat4,
  kFloat8,
  kNumeric,
  kBytes,  // text, json, bytea: the bytes are the value
  kJsonb,  // a version byte, then text
  kDate,
  kTime,
  kTimeTz,
  kTimestamp,
  kInterval,
  kUuid,
  kBit,
  kArray,
};

struct WireColumn {
  std::string name;
  Type type;  // as asked for
  Wire wire = Wire::kBytes;
  Wire element = Wire::kBytes;  // kArray
  std::string select_sql;       // the column, cast where it travels as text
};

// Errors: kInvalid where a column cannot be read in the type that is asked for.
Result<WireColumn> plan_wire(const NativeColumn& column, const Type& asked,
                             const std::string& table);

}  // namespace sluice::postgres
