#include "eval/predict/law_heaps.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace nf {
namespace {

std::set<std::string> ids_of(const LawLine& line) {
  std::set<std::string> ids;
  for (const ResultRow* row : line.rows) ids.insert(row->key.id);
  return ids;
}

/// For each line the first that has the very same records, under whatever name: itself mostly.
std::vector<std::size_t> first_of_same(const std::vector<LawLine>& all) {
  std::map<std::set<std::string>, std::size_t> known;
  std::vector<std::size_t> first;
  for (std::size_t i = 0; i < all.size(); ++i)
    first.push_back(known.emplace(ids_of(all[i]), i).first->second);
  return first;
}

bool leaves_out(const LawLine& line, const LawLine& all, const LawLine& part) {
  if (line.key.design.kind != "leave_one_out" || !is_sized_noise(line.key) ||
      line.sizes.size() + part.sizes.size() != all.sizes.size() ||
      line.key.entries != all.key.entries)
    return false;
  return std::all_of(line.sizes.begin(), line.sizes.end(), [&](const auto& site) {
    return all.sizes.contains(site.first) && !part.sizes.contains(site.first);
  });
}

/// Takes the corner of the greatest damage, where the cap shows most, and the lines about it.
void take_corner(const std::vector<LawLine>& all, const std::vector<bool>& is_fit,
                 LawHeaps& lines) {
  const std::vector<std::size_t> first = first_of_same(all);
  std::vector<std::size_t> places(all.size(), 0);
  for (std::size_t i = 0, next = 0; i < all.size(); ++i)
    if (is_fit[i]) places[i] = first[i] == i ? next++ : places[first[i]];
  const LawCorner* best = nullptr;
  const std::vector<LawCorner> corners = law_corners(all);
  for (const LawCorner& corner : corners) {
    const bool has_parts = std::all_of(corner.parts.begin(), corner.parts.end(),
                                       [&is_fit](std::size_t part) { return is_fit[part]; });
    if (has_parts && !is_fit[corner.all] &&
        (best == nullptr || all[corner.all].damage > all[best->all].damage))
      best = &corner;
  }
  if (best == nullptr) return;
  lines.corner = LawCorner{.all = lines.fit.size()};
  lines.fit.push_back(all[best->all]);
  for (const std::size_t part : best->parts) {
    lines.corner->parts.push_back(places[part]);
    const auto without = std::find_if(all.begin(), all.end(), [&](const LawLine& line) {
      return leaves_out(line, all[best->all], all[part]);
    });
    lines.left_out.push_back(without == all.end() ? std::nullopt : std::optional(lines.fit.size()));
    if (without != all.end()) lines.fit.push_back(*without);
  }
}

}  // namespace

LawHeaps sort_law_lines(const std::vector<LawLine>& all, const LawRequest& request) {
  LawHeaps lines;
  const std::vector<std::size_t> first = first_of_same(all);
  std::vector<bool> is_fit(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool own =
        request.from.empty() ? is_noise_of_each(all[i].key) : is_selected(request.from, all[i].key);
    if (!own) continue;
    is_fit[i] = is_fit[first[i]] = true;  // the same records are no other line
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_fit[i] || first[i] != i) continue;
    lines.singles.push_back(lines.fit.size());
    lines.fit.push_back(all[i]);
  }
  if (request.kind == LawKind::coverage) take_corner(all, is_fit, lines);
  std::set<std::string> known;  // ids
  for (const LawLine& line : lines.fit) known.merge(ids_of(line));
  for (const LawLine& line : all) {
    std::set<std::string> ids = ids_of(line);
    if (std::includes(known.begin(), known.end(), ids.begin(), ids.end())) continue;
    lines.others.push_back(line);
    known.merge(ids);
  }
  take_common_damages(lines.fit);
  return lines;
}

}  // namespace nf
