// Which of many files has a path: a hash table that keeps no text of its own, so that replaying a
// log of hundreds of thousands of files does not wait for memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace sluice::delta {

// Numbers of files by their paths. `path_at(number)` gives a path that was put in; the number of a
// path that is there again is replaced.
class PathIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // Room for so many more.
  void reserve(std::size_t more) {
    std::size_t size = slots_.empty() ? kSlotsMin : slots_.size();
    while ((count_ + more) * 2 > size) size *= 2;
    if (size != slots_.size()) rehash(size);
  }

  template <typename PathAt>
  std::uint32_t find(std::string_view path, const PathAt& path_at) const {
    if (slots_.empty()) return kNone;
    const Slot& slot = slots_[place_of(path, hash_of(path), path_at)];
    return slot.number;
  }

  // Returns: the number that was there, or kNone.
  template <typename PathAt>
  std::uint32_t put(std::string_view path, std::uint32_t number, const PathAt& path_at) {
    reserve(1);
    const std::uint32_t hash = hash_of(path);
    Slot& slot = slots_[place_of(path, hash, path_at)];
    const std::uint32_t before = slot.number;
    if (before == kNone) ++count_;
    slot = {hash, number};
    return before;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = kNone;
  };
  static constexpr std::size_t kSlotsMin = 64;  // a power of two

  static std::uint32_t hash_of(std::string_view path) {
    const std::uint64_t hash = std::hash<std::string_view>()(path);
    return static_cast<std::uint32_t>(hash ^ hash >> 32);
  }

  // The slot of a path, or the free one where it would be.
  template <typename PathAt>
  std::size_t place_of(std::string_view path, std::uint32_t hash, const PathAt& path_at) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.number == kNone) return at;
      if (slot.hash == hash && path_at(slot.number) == path) return at;
    }
  }

  void rehash(std::size_t size) {
    const std::vector<Slot> old = std::move(slots_);
    slots_.assign(size, Slot());
    for (const Slot& slot : old) {
      if (slot.number == kNone) continue;
      std::size_t at = slot.hash & (size - 1);
      while (slots_[at].number != kNone) at = (at + 1) & (size - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace sluice::delta
