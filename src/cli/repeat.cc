#include "cli/repeat.h"

#include <algorithm>
#include <thread>

#include "cli/print_report.h"

namespace sluice {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kPauseStep{100};

}  // namespace

Result<int> repeat(Session& session, std::chrono::milliseconds every,
                   const std::function<Result<int>()>& round) {
  int worst = 0;
  while (true) {
    const auto next = Clock::now() + every;
    const Result<int> done = round();
    if (session.cancel().requested()) return done ? *done : exit_code(done.error().kind);
    if (!done) {
      session.end_progress();
      print_error(session.output(), done.error(),
                  {session.options().json, session.options().verbose, false});
    }
    TRY(session.output().finish());
    worst = std::max(worst, done ? *done : exit_code(done.error().kind));
    while (Clock::now() < next) {
      if (session.cancel().requested()) return worst;
      std::this_thread::sleep_for(kPauseStep);
    }
  }
}

}  // namespace sluice
