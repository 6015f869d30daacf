// Things that are costly to make and are used in turn, such as connections. A lease that is not
// given back destroys its thing: whatever state that was in dies with it. The pool outlives its
// leases.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice {

template <typename Thing>
class Pool {
 public:
  using Make = std::function<Result<Thing>()>;
  explicit Pool(Make make) : make_(std::move(make)) {}

  class Lease {
   public:
    Lease(std::shared_ptr<Pool> pool, Thing thing)
        : pool_(std::move(pool)), thing_(std::move(thing)) {}
    Thing* operator->() { return &thing_; }
    Thing& operator*() { return thing_; }
    // Requires: it is in the state in which it was made. The lease is empty afterwards.
    void give_back() {
      const std::lock_guard lock(pool_->mutex_);
      pool_->idle_.push_back(std::move(thing_));
    }

   private:
    std::shared_ptr<Pool> pool_;
    Thing thing_;
  };

  // May be called from several threads.
  static Result<Lease> take(const std::shared_ptr<Pool>& pool) {
    {
      const std::lock_guard lock(pool->mutex_);
      if (!pool->idle_.empty()) {
        Lease lease(pool, std::move(pool->idle_.back()));
        pool->idle_.pop_back();
        return lease;
      }
    }
    TRY_ASSIGN(Thing thing, pool->make_());
    return Lease(pool, std::move(thing));
  }

 private:
  Make make_;
  std::mutex mutex_;
  std::vector<Thing> idle_;
};

}  // namespace sluice
