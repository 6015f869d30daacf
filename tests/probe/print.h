// What the probes of catalogs print: names a line each, and what became of a commit.
#pragma once

#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/commit_outcome.h"

namespace sluice {

inline Status print(const Result<std::vector<std::string>>& names) {
  if (!names) return fail(names.error());
  for (const std::string& name : *names) std::cout << name << '\n';
  return {};
}

inline Status print(const Result<CommitOutcome>& outcome) {
  if (!outcome) return fail(outcome.error());
  constexpr std::array<const char*, 3> kNames = {"committed", "conflict", "unknown"};
  std::cout << kNames.at(static_cast<std::size_t>(*outcome)) << '\n';
  return {};
}

}  // namespace sluice
