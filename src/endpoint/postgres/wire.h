// How one column travels out of PostgreSQL: what is selected, and the binary form that comes back.
// The form follows from the column's own type and from the type in which it is asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/inventory.h"
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
  kOidMoney = 790,
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

// A column's type as pg_attribute has it, domains replaced by what they are made of. All but `name`
// and `is_array` is said of the element where is_array.
struct NativeType {
  std::uint32_t oid = 0;
  std::int32_t typmod = -1;  // money: that of the numeric which holds it
  bool is_array = false;
  bool is_enum = false;
  std::vector<std::string> labels;
  std::string name;             // format_type()'s spelling, of the whole
  std::string base;             // the same without [] and (...)
  std::string definition;       // TypeCatalog::definition()
  bool names_objects = false;   // of its database: regclass, aclitem
  bool has_text_cast = false;   // that somebody made, and that may say less than the value
  std::string geometry_schema;  // PostGIS's; "" for all other types
  // A composite type has fields.
  std::vector<std::string> field_names;
  std::vector<NativeType> fields;
};

struct NativeColumn {
  std::string name;
  NativeType type;
};

// The type in which sluice reads such a column: text for one that has no kind.
Type type_of(const NativeType& native);
OwnType own_type_of(const NativeType& native);
// Whether a column that is declared just so takes the values of type_of() in the form in which they
// are written anyway: time(3), interval day to second, numeric(5,-2).
bool is_declared_alike(const NativeType& native);

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
  kRecord,
};

// The binary form of a value, and of what is in it.
struct Coding {
  Wire wire = Wire::kBytes;
  std::vector<Coding> parts = {};  // kArray: the element; kRecord: the fields
};

struct WireColumn {
  std::string name;
  Type type;  // as asked for
  Coding coding;
  std::string select_sql;  // the column, cast where it travels in another form than its own
};

// Errors: kInvalid where a column cannot be read in the type that is asked for.
Result<WireColumn> plan_wire(const NativeColumn& column, const Type& asked,
                             const std::string& table);

}  // namespace sluice::postgres
