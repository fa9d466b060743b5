"""Tests of formats of export."""
