#include "evolve/script_database.h"

#include <fmt/format.h>

#include "base/sha256.h"

namespace sluice::evolve {

std::string hash_of(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    for (const auto& cell : row) {
      text += cell ? fmt::format("{}:{},", cell->size(), *cell) : "-,";
    }
    text += '\n';
  }
  return sha256_hex(text);
}

}  // namespace sluice::evolve
