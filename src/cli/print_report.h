// Private to cli: prints a report that is text or JSON and nothing else.
#pragma once

#include "cli/session.h"

namespace sluice {

template <typename Report>
Status print_report(Session& session, const Report& report) {
  session.end_progress();
  if (session.options().json) return session.output().write(render_json(report));
  return session.print(render_text(report, session.style()));
}

}  // namespace sluice
