// The name of a table in an Iceberg catalog.
#pragma once

#include <string>

namespace sluice {

struct IcebergName {
  std::string space;  // namespaces joined by dots: "a.b"
  std::string table;

  std::string text() const { return space + "." + table; }
  auto operator<=>(const IcebergName&) const = default;
};

}  // namespace sluice
