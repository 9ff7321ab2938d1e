"""Prices with their sources, and bills whose every line is quantity x price."""

from workbench.pricing.assumed import book_for
from workbench.pricing.bill import STANDARD, Bill, BillLine, Charge, Conventions, price_charges
from workbench.pricing.book import UNSURE, Price, PriceBook, Strength
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.dynamodb import ProvisionedCapacity, TableClass, TableLoad, dynamodb_bill
from workbench.pricing.quantity import Quantity
from workbench.pricing.rds import RdsConfiguration, rds_bill

__all__ = [
    "STANDARD",
    "UNSURE",
    "Bill",
    "BillLine",
    "Charge",
    "Conventions",
    "Dimension",
    "Price",
    "PriceBook",
    "ProvisionedCapacity",
    "Quantity",
    "RdsConfiguration",
    "Service",
    "Strength",
    "TableClass",
    "TableLoad",
    "book_for",
    "dynamodb_bill",
    "price_charges",
    "rds_bill",
]
