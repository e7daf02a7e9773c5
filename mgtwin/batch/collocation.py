"""Radau IIA of order 5 in numbers: Butcher matrix, its eigenvectors, error estimate, collocation polynomial."""

from __future__ import annotations

import numpy as np

__all__ = ["ERROR", "MU_COMPLEX", "MU_REAL", "POLYNOMIAL", "TI", "A", "C", "T"]

_ROOT = np.sqrt(6.0)
#: Butcher matrix and collocation points.
A = np.array(
    [
        [(88 - 7 * _ROOT) / 360, (296 - 169 * _ROOT) / 1800, (-2 + 3 * _ROOT) / 225],
        [(296 + 169 * _ROOT) / 1800, (88 + 7 * _ROOT) / 360, (-2 - 3 * _ROOT) / 225],
        [(16 - _ROOT) / 36, (16 + _ROOT) / 36, 1 / 9],
    ]
)
C = A.sum(axis=1)
#: Weights of the error estimate (Hairer and Wanner, eq. (8.19)), for increments z over the step.
ERROR = np.array([-13 - 7 * _ROOT, -13 + 7 * _ROOT, -1]) / 3
_values, _vectors = np.linalg.eig(np.linalg.inv(A))
_real = int(np.argmin(np.abs(_values.imag)))
_pair = int(np.argmax(_values.imag))
#: Eigenvalues of the inverse of A, its eigenvectors in real form (real one, real and imaginary part), their inverse.
#: In that basis the pair acts on the number (first + i second) as its conjugate.
MU_REAL, MU_COMPLEX = float(_values[_real].real), complex(_values[_pair].conj())
T = np.stack([_vectors[:, _real].real, _vectors[:, _pair].real, _vectors[:, _pair].imag], axis=1)
TI = np.linalg.inv(T)
#: Increments at the collocation points -> coefficients of the polynomial through them and the start of the step.
POLYNOMIAL = np.linalg.inv(C[:, np.newaxis] ** np.arange(1, 4))
