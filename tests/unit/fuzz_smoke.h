// Mutated seeds for a parser, with a fixed seed of the mutations.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

inline constexpr int kRounds = 4000;

// A text with one to four small edits.
inline std::string mutated(std::string text, std::mt19937& random) {
  static constexpr std::string_view kBytes =
      "0123456789-+:.,TZPMDS BC()<>\"%/?@#&=[]einfNa\x00\x80\xff";
  const auto pick = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  for (std::size_t edits = 1 + pick(4); edits > 0; --edits) {
    const std::size_t at = pick(text.size() + 1);
    const char byte = kBytes[pick(kBytes.size())];
    switch (pick(4)) {
      case 0:
        text.insert(at, 1, byte);
        break;
      case 1:
        if (at < text.size()) text.erase(at, 1 + pick(3));
        break;
      case 2:
        if (at < text.size()) text[at] = byte;
        break;
      default:
        text.insert(at, text.substr(pick(text.size() + 1), pick(8)));
    }
  }
  return text;
}

// Returns: how many mutated texts `accepts` took, so that a fuzzer that reaches nothing is seen.
inline int smoke(const std::vector<std::string>& seeds,
                 const std::function<bool(const std::string&)>& accepts) {
  std::mt19937 random(20240917);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& seed : seeds) accepted += accepts(mutated(seed, random)) ? 1 : 0;
  }
  return accepted;
}

}  // namespace sluice
