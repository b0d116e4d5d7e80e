#include "perturb/small_eigen.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/check.h"

namespace nf {
namespace {

constexpr int kMostSweeps = 60;

/// A rotation of the plane of two axes.
struct Rotation {
  double cos = 1.0, sin = 0.0;

  /// The one that makes the element between the axes 0; p, q: the diagonal's, pq: that element.
  static Rotation clearing(double p, double q, double pq) {
    const double theta = (q - p) / (2.0 * pq);
    const double t =
        (theta < 0.0 ? -1.0 : 1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
    const double cos = 1.0 / std::sqrt(t * t + 1.0);
    return {cos, t * cos};
  }
  /// Turns n pairs a[i·step], b[i·step].
  void turn(double* a, double* b, Index n, Index step) const {
    for (Index i = 0; i < n * step; i += step) {
      const double first = a[i], second = b[i];
      a[i] = cos * first - sin * second;
      b[i] = sin * first + cos * second;
    }
  }
};

/// Whether an element beside the diagonal is nothing beside those of the diagonal.
bool is_negligible(double pq, double p, double q) {
  return std::abs(pq) <= 1e-17 * std::sqrt(std::abs(p) * std::abs(q)) || pq == 0.0;
}

}  // namespace

SmallEigen small_eigen(std::vector<double> matrix, Index n) {
  NF_CHECK(std::ssize(matrix) == n * n, "{} values of [{}, {}]", matrix.size(), n, n);
  std::vector<double> vectors(matrix.size(), 0.0);
  for (Index i = 0; i < n; ++i) vectors[static_cast<std::size_t>(i * n + i)] = 1.0;
  double* m = matrix.data();
  bool is_done = false;
  for (int sweep = 0; !is_done && sweep < kMostSweeps; ++sweep) {
    is_done = true;
    for (Index p = 0; p < n; ++p)
      for (Index q = p + 1; q < n; ++q) {
        if (is_negligible(m[p * n + q], m[p * n + p], m[q * n + q])) continue;
        is_done = false;
        const Rotation turn = Rotation::clearing(m[p * n + p], m[q * n + q], m[p * n + q]);
        turn.turn(m + p * n, m + q * n, n, 1);
        turn.turn(m + p, m + q, n, n);
        m[p * n + q] = m[q * n + p] = 0.0;
        turn.turn(vectors.data() + p, vectors.data() + q, n, n);
      }
  }
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index a, Index b) { return m[a * n + a] > m[b * n + b]; });
  SmallEigen eigen{std::vector<double>(order.size()), std::vector<double>(matrix.size())};
  for (Index j = 0; j < n; ++j) {
    const Index from = order[static_cast<std::size_t>(j)];
    eigen.values[static_cast<std::size_t>(j)] = m[from * n + from];
    for (Index i = 0; i < n; ++i)
      eigen.vectors[static_cast<std::size_t>(i * n + j)] =
          vectors[static_cast<std::size_t>(i * n + from)];
  }
  return eigen;
}

}  // namespace nf
