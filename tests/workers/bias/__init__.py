"""Tests of the counterfactual screen and of the audit."""
