#include "plan/column_plans.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "plan/own_types.h"

namespace sluice {
namespace {

// A column on its way to a decision. It is asked about its values in rounds: a remedy that changes
// the type brings another rule with other checks.
struct Draft {
  Column* source = nullptr;
  ColumnPlan plan;
  Type type;
  TypeRule rule;
  bool own_type = false;  // the target declares it as the source does
  bool pending = true;    // has checks that were not asked yet
  bool refused = false;   // no need to go on
};

bool has_enum(const Type& type) {
  return type.kind == TypeKind::kEnum ||
         std::any_of(type.children.begin(), type.children.end(), has_enum);
}

class ColumnPlanner {
 public:
  ColumnPlanner(const PlanInput& input, AcceptedLosses& accepted, TablePlan& table,
                std::vector<Finding>& findings)
      : input_(input), accepted_(accepted), table_(table), findings_(findings) {}

  Status run(const AskValues& ask) {
    for (Column& column : table_.source.columns) start(column);
    static constexpr int kRoundsMax = 4;  // a remedy may bring a type whose own remedy is needed
    for (int round = 0; round < kRoundsMax && any_pending(); ++round) TRY(ask_round(ask));
    for (Draft& draft : drafts_) TRY(finish(draft));
    return {};
  }

 private:
  bool accepts(const Draft& draft, LossReason reason) {
    return accepted_.accepts(table_.source.name, draft.source->name, reason);
  }

  bool any_pending() const {
    for (const Draft& draft : drafts_) {
      if (draft.pending) return true;
    }
    return false;
  }

  void start(Column& column) {
    Draft draft;
    draft.source = &column;
    draft.plan.source = table_.map_sql.empty() ? column.name : "";
    draft.plan.target = column.name;
    draft.plan.source_type =
        column.type.native_name.empty() ? to_string(column.type) : column.type.native_name;
    draft.plan.expression = quote_identifier(column.name);
    accepted_.saw_column(table_.source.name, column.name);
    if (keeps_own_type(input_, table_, column)) {
      draft.own_type = true;
      draft.pending = false;
      draft.rule = own_type_rule(input_, column);
      draft.type = column.type;
      drafts_.push_back(std::move(draft));
      return;
    }
    if (lacks_own_type(column)) read_foreign_as_text(input_, column);
    if (!column.hazards.empty()) {
      ColumnLoss loss;
      loss.reason = column.needs_text() ? LossReason::kAsText : column.hazards.front().accept;
      loss.accepted = accepts(draft, loss.reason);
      loss.remedies = {loss.reason};
      std::vector<std::string> messages;
      for (const Hazard& hazard : column.hazards) {
        messages.push_back(hazard.message);
        loss.values += hazard.values;
      }
      loss.message = join(messages, "; ");
      draft.plan.losses.push_back(loss);
      if (loss.accepted && column.needs_text()) column.type = simple_type(TypeKind::kText);
      draft.refused = !loss.accepted;
    }
    draft.type = column.type;
    draft.rule = input_.rule(draft.type);
    if (draft.refused) draft.pending = false;
    if (!draft.refused) settle_rule(draft);
    drafts_.push_back(std::move(draft));
  }

  // The source's own type, which the target of the same kind does not have.
  bool lacks_own_type(const Column& column) const {
    return table_.map_sql.empty() && same_system(input_) && column.own_type &&
           column.own_type->says_more;
  }

  // Applies remedies to a type that the target cannot hold, or refuses.
  void settle_rule(Draft& draft) {
    while (draft.rule.mapping == Mapping::kLossy || draft.rule.mapping == Mapping::kUnsupported) {
      ColumnLoss loss;
      loss.message = draft.rule.reason;
      const Remedy* chosen = nullptr;
      for (const Remedy& remedy : draft.rule.remedies) {
        loss.remedies.push_back(remedy.reason);
        if (chosen == nullptr && accepts(draft, remedy.reason)) chosen = &remedy;
      }
      loss.accepted = chosen != nullptr;
      if (chosen != nullptr) {
        loss.reason = chosen->reason;
      } else if (!loss.remedies.empty()) {
        loss.reason = loss.remedies.front();
      }
      draft.plan.losses.push_back(loss);
      if (chosen == nullptr) {
        draft.refused = true;
        draft.pending = false;
        return;
      }
      const Remedy remedy = *chosen;
      if (!is_known(draft.type)) draft.source->type = simple_type(TypeKind::kText);
      draft.plan.expression = fmt::format(fmt::runtime(remedy.sql), draft.plan.expression);
      if (!remedy.type) break;
      draft.type = *remedy.type;
      draft.rule = input_.rule(draft.type);
    }
    draft.pending = !draft.rule.checks.empty();
  }

  static std::string question(const Draft& draft, const std::string& predicate_sql) {
    return fmt::format("({} IS NOT NULL AND {})", draft.plan.expression,
                       fmt::format(fmt::runtime(predicate_sql), draft.plan.expression));
  }

  // True where the column's least and greatest value tell that `check` holds for none of its
  // values, or where the source has no such values.
  bool is_ruled_out(const Draft& draft, const ValueCheck& check) const {
    const Column& column = *draft.source;
    if (draft.plan.expression != quote_identifier(column.name)) return false;
    if (check.kind == "nul_byte" && input_.source_capabilities.text_without_nul) return true;
    if (!check.extremes_tell || !column.extremes || !input_.evaluate) return false;
    const auto type = engine_type_sql(column.type);
    if (!type) return false;
    for (const auto& value : {column.extremes->first, column.extremes->second}) {
      if (!value) continue;
      const std::string literal = fmt::format("CAST({} AS {})", quote_literal(*value), *type);
      const auto found = input_.evaluate(fmt::format(fmt::runtime(check.predicate_sql), literal));
      if (!found || *found) return false;
    }
    return true;
  }

  Status ask_round(const AskValues& ask) {
    std::vector<std::string> questions;
    for (Draft& draft : drafts_) {
      if (!draft.pending) continue;
      std::erase_if(draft.rule.checks,
                    [&](const ValueCheck& check) { return is_ruled_out(draft, check); });
      for (const ValueCheck& check : draft.rule.checks) {
        questions.push_back(question(draft, check.predicate_sql));
        if (!check.beside_sql.empty()) questions.push_back(question(draft, check.beside_sql));
      }
    }
    TRY_ASSIGN(const std::vector<std::uint64_t> answers, ask(table_, questions));
    std::size_t at = 0;
    for (Draft& draft : drafts_) {
      if (!draft.pending) continue;
      const std::vector<ValueCheck> checks = draft.rule.checks;
      draft.pending = false;
      bool retyped = false;
      for (const ValueCheck& check : checks) {
        std::uint64_t values = answers.at(at);
        const std::string& predicate = questions.at(at++);
        if (!check.beside_sql.empty() && answers.at(at++) == 0) values = 0;
        if (values > 0 && !retyped) retyped = settle_check(draft, check, values, predicate);
      }
      if (retyped) settle_rule(draft);
    }
    return {};
  }

  // Returns: true where a remedy changed the column's type, so that the other checks are void.
  bool settle_check(Draft& draft, const ValueCheck& check, std::uint64_t values,
                    const std::string& predicate) {
    ColumnLoss loss;
    loss.values = values;
    loss.message = fmt::format("{} value{}: {}", values, values == 1 ? "" : "s", check.message);
    const Remedy* chosen = nullptr;
    for (const Remedy& remedy : check.remedies) {
      loss.remedies.push_back(remedy.reason);
      if (chosen == nullptr && accepts(draft, remedy.reason)) chosen = &remedy;
    }
    loss.accepted = chosen != nullptr;
    loss.reason = chosen != nullptr        ? chosen->reason
                  : !loss.remedies.empty() ? loss.remedies.front()
                                           : LossReason::kAsText;
    loss.rejected = chosen == nullptr && input_.reject_bad_rows;
    draft.plan.losses.push_back(loss);
    if (chosen == nullptr) {
      if (loss.rejected) {
        std::string& all = table_.reject_predicate;
        all += (all.empty() ? "" : " OR ") + predicate;
      } else {
        draft.refused = true;
      }
      return false;
    }
    draft.plan.expression = fmt::format(fmt::runtime(chosen->sql), draft.plan.expression);
    if (!chosen->type) return false;
    draft.type = *chosen->type;
    draft.rule = input_.rule(draft.type);
    return true;
  }

  // Untouched values of a column that the same system declared: of a view's columns, and of one
  // that is read otherwise than declared because the user accepted that, the values decide.
  bool keeps_declared_type(const Draft& draft) const {
    const Capabilities& can = input_.target_capabilities;
    return can.keeps_declared_types && input_.source_capabilities.name == can.name &&
           table_.map_sql.empty() && !table_.source.is_view && draft.source->declared &&
           !draft.own_type && draft.plan.losses.empty();
  }

  Status finish(Draft& draft) {
    if (keeps_declared_type(draft)) {
      draft.rule.mapping = Mapping::kExact;
      draft.rule.reason.clear();
      draft.rule.native_type = draft.type.native_name;
    }
    ColumnPlan& plan = draft.plan;
    TargetColumn target;
    if (draft.own_type) {
      target.written_as = draft.rule.native_type;
      draft.rule.native_type = draft.source->own_type->name;
    } else {
      explain_own_type(draft);
    }
    plan.target_type = draft.rule.native_type;
    plan.mapping = draft.rule.mapping;
    plan.reason = draft.rule.reason;
    if (!plan.losses.empty()) {
      const bool typed = draft.refused && draft.rule.mapping == Mapping::kUnsupported;
      plan.mapping = typed ? Mapping::kUnsupported : Mapping::kLossy;
      std::vector<std::string> messages;
      for (const ColumnLoss& loss : plan.losses) messages.push_back(loss.message);
      plan.reason = join(messages, "; ");
    }
    target.name = plan.target;
    target.type = draft.rule.carried;
    target.native_type = draft.rule.native_type;
    target.nullable = draft.source->nullable;
    target.comment = draft.source->comment;
    if (!draft.refused) {
      TRY_ASSIGN(const std::string from_sql, engine_type_sql(draft.type));
      TRY_ASSIGN(const std::string carried_sql, engine_type_sql(draft.rule.carried));
      // A source may hand out an enum as text.
      if (from_sql != carried_sql || has_enum(draft.type)) {
        plan.expression = fmt::format("CAST({} AS {})", plan.expression, carried_sql);
      }
    }
    // A value that becomes NULL needs a column that takes one.
    for (const ColumnLoss& loss : plan.losses) {
      const bool to_null = loss.reason == LossReason::kNanAsNull ||
                           loss.reason == LossReason::kInfinityAsNull ||
                           loss.reason == LossReason::kOutOfRangeAsNull;
      if (loss.accepted && to_null) target.nullable = true;
    }
    table_.target.columns.push_back(std::move(target));
    table_.columns.push_back(std::move(plan));
    return {};
  }

  // A type that is not kept is never an exact one.
  void explain_own_type(Draft& draft) {
    const Column& column = *draft.source;
    const bool lacks = lacks_own_type(column);
    if (lacks) findings_.push_back(not_kept_finding(table_, column));
    if (!lacks && same_system(input_)) return;
    const std::string reason = not_kept_reason(input_, column);
    const bool held =
        draft.rule.mapping == Mapping::kExact || draft.rule.mapping == Mapping::kWidened;
    if (reason.empty() || !held) return;
    draft.rule.mapping = Mapping::kWidened;
    draft.rule.reason = draft.rule.reason.empty() ? reason : reason + "; " + draft.rule.reason;
  }

  const PlanInput& input_;
  AcceptedLosses& accepted_;
  TablePlan& table_;
  std::vector<Finding>& findings_;
  std::vector<Draft> drafts_;
};

}  // namespace

Status plan_columns(const PlanInput& input, AcceptedLosses& accepted, const AskValues& ask,
                    TablePlan& table, std::vector<Finding>& findings) {
  return ColumnPlanner(input, accepted, table, findings).run(ask);
}

}  // namespace sluice
