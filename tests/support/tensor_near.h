#pragma once

#include <gtest/gtest.h>

#include <Eigen/Core>

#include "core/tensor/view.h"

namespace nf {

/// The matrices of the slow references: double, row-major.
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMatrix to_double(ConstMatrixView x);

/// |got − expected| <= tolerance everywhere (absolute; a NaN is never near). Failure names the
/// worst place and both values.
::testing::AssertionResult tensor_near(ConstMatrixView got, const RowMatrix& expected,
                                       double tolerance);

/// The same bits, so that −0 is not 0 and a NaN equals itself. Failure names the first difference.
::testing::AssertionResult equal_bits(ConstMatrixView got, ConstMatrixView expected);

}  // namespace nf
