// One move-only owner for every C API handle: UniqueHandle<PGconn*, PQfinish>.
#pragma once

#include <utility>

namespace sluice {

template <typename T, auto kDestroy>
class UniqueHandle {
 public:
  UniqueHandle() = default;
  explicit UniqueHandle(T raw) : raw_(raw) {}
  UniqueHandle(UniqueHandle&& other) noexcept : raw_(std::exchange(other.raw_, T{})) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    if (this != &other) {
      reset();
      raw_ = std::exchange(other.raw_, T{});
    }
    return *this;
  }
  UniqueHandle(const UniqueHandle&) = delete;
  UniqueHandle& operator=(const UniqueHandle&) = delete;
  ~UniqueHandle() { reset(); }

  void reset() {
    if (raw_ != T{}) {
      if constexpr (requires { kDestroy(&raw_); }) {
        kDestroy(&raw_);  // DuckDB's style: duckdb_close(&db)
      } else {
        kDestroy(raw_);
      }
      raw_ = T{};
    }
  }
  T get() const { return raw_; }
  T* out() { return &raw_; }
  T release() { return std::exchange(raw_, T{}); }
  explicit operator bool() const { return raw_ != T{}; }

 private:
  T raw_{};
};

}  // namespace sluice
