#include "eval/report/section.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/check.h"

namespace nf {
namespace {

/// Letters and digits of a name for an id, everything else as one '-'.
std::string slug(const std::string& name) {
  std::string text;
  for (const char letter : name.substr(0, 40)) {
    if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
      text += letter;
    else if (letter >= 'A' && letter <= 'Z')
      text += static_cast<char>(letter - 'A' + 'a');
    else if (!text.empty() && text.back() != '-')
      text += '-';
  }
  while (!text.empty() && text.back() == '-') text.pop_back();
  return text.empty() ? "part" : text;
}

/// The end of figures' ids for a model. Ids of several figures of one model end in a number or in
/// "nll" before it, so that a name that begins so would give two figures one id.
std::string suffix_of(const std::string& model) {
  const std::string text = slug(model);
  const bool is_like_an_end = (text[0] >= '0' && text[0] <= '9') || text.starts_with("nll");
  return (is_like_an_end ? "-model-" : "-") + text;
}

std::string new_suffix(const std::string& wanted, std::set<std::string>& taken) {
  std::string suffix = wanted;
  for (int i = 2; !taken.insert(suffix).second; ++i) suffix = wanted + "-" + std::to_string(i);
  return suffix;
}

}  // namespace

std::vector<ReportPart> parts_of(const ReportInput& input) {
  std::vector<ReportPart> parts;
  std::set<std::string> taken;
  for (const ReportRun& run : input.runs) {
    for (const ModelLines& model : run.models) {
      const bool several = input.runs.size() > 1;
      parts.push_back({.run = &run,
                       .model = &model,
                       .heading = several ? model.model + " (" + run.name + ")" : model.model,
                       .suffix = new_suffix(
                           suffix_of(model.model) + (several ? "-" + slug(run.name) : ""), taken)});
    }
  }
  if (parts.size() == 1) parts.front().heading = parts.front().suffix = "";
  return parts;
}

std::optional<Section> section_of_parts(const std::string& id, const std::string& title,
                                        const ReportInput& input, AddPart add_part) {
  Section section{.id = id, .title = title};
  HtmlFragment html;
  for (const ReportPart& part : parts_of(input)) add_part(part, input.width_mm, html, section);
  if (section.figures.empty()) return std::nullopt;
  section.html = html.text();
  return section;
}

SectionRegistry SectionRegistry::builtin() {
  SectionRegistry registry;
  register_builtin_sections(registry);
  return registry;
}

void SectionRegistry::add(SectionKind kind) {
  for (const SectionKind& other : sections_)
    NF_CHECK(other.id != kind.id && other.order != kind.order,
             "sections {} and {} have one id or place", other.id, kind.id);
  const auto place = std::upper_bound(
      sections_.begin(), sections_.end(), kind,
      [](const SectionKind& a, const SectionKind& b) { return a.order < b.order; });
  sections_.insert(place, std::move(kind));
}

}  // namespace nf
